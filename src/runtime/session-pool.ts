import { DisposedError } from "../errors.js";
import type { Session } from "./session.js";

/** Number of cached sizes; each holds its compiled graphs. */
const most = 4;

/** A session with its running questions. */
class Held {
  readonly session: Session;
  private readonly running = new Set<Promise<unknown>>();

  constructor(session: Session) {
    this.session = session;
  }

  get isIdle(): boolean {
    return this.running.size === 0;
  }

  async ask<T>(question: (session: Session) => Promise<T>): Promise<T> {
    const answer = question(this.session);
    this.running.add(answer);
    try {
      return await answer;
    } finally {
      this.running.delete(answer);
    }
  }

  /** Frees the engine's memory once all questions are answered. */
  async dispose(): Promise<void> {
    await Promise.allSettled(this.running);
    await this.session.dispose();
  }
}

/** The sessions of one model, one for each size; the most recently used ones are kept. */
export class SessionPool {
  /** In order of last use. */
  private readonly held = new Map<string, Held>();
  private isDisposed = false;

  /**
   * Runs a question in the session of a size, created on first use. The session is not freed before it has answered.
   *
   * @throws {DisposedError} after {@link dispose}
   */
  async use<T>(
    key: string,
    make: () => Session,
    question: (session: Session) => Promise<T>,
  ): Promise<T> {
    if (this.isDisposed) {
      throw new DisposedError("the model was disposed of; load it again");
    }
    const held = this.held.get(key) ?? new Held(make());
    this.held.delete(key);
    this.held.set(key, held);
    try {
      return await held.ask(question);
    } finally {
      await this.shrink();
    }
  }

  /** Frees the sessions once they have answered. Later questions, which need not wait, get sessions of their own. */
  async release(): Promise<void> {
    const all = [...this.held.values()];
    this.held.clear();
    await Promise.all(all.map((held) => held.dispose()));
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    await this.release();
  }

  private async shrink(): Promise<void> {
    const idle = [...this.held].filter(([, held]) => held.isIdle);
    const surplus = idle.slice(0, Math.max(0, this.held.size - most));
    for (const [key] of surplus) this.held.delete(key);
    await Promise.all(surplus.map(([, held]) => held.dispose()));
  }
}
