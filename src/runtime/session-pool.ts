import type { Session } from "./session.js";

/** Sizes that are kept: each holds the compiled graphs of what was asked of it. */
const most = 4;

interface Held {
  readonly session: Session;
  /** Questions under way. */
  users: number;
}

/** The sessions of one model, one for each size that it is asked about; the last few of them are kept. */
export class SessionPool {
  /** The one that was used last comes last. */
  private readonly held = new Map<string, Held>();

  /** Asks the session of a size, which is made where there is none. It is not freed before it has answered. */
  async use<T>(
    key: string,
    make: () => Session,
    question: (session: Session) => Promise<T>,
  ): Promise<T> {
    const held = this.held.get(key) ?? { session: make(), users: 0 };
    this.held.delete(key);
    this.held.set(key, held);
    held.users++;
    try {
      return await question(held.session);
    } finally {
      held.users--;
      await this.shrink();
    }
  }

  /** Frees what the sessions have compiled so far, which is compiled again when it is asked again. */
  async release(): Promise<void> {
    await Promise.all([...this.held.values()].map(({ session }) => session.dispose()));
  }

  async dispose(): Promise<void> {
    const all = [...this.held.values()];
    this.held.clear();
    await Promise.all(all.map(({ session }) => session.dispose()));
  }

  private async shrink(): Promise<void> {
    const idle = [...this.held].filter(([, { users }]) => users === 0);
    const surplus = idle.slice(0, Math.max(0, this.held.size - most));
    for (const [key] of surplus) this.held.delete(key);
    await Promise.all(surplus.map(([, { session }]) => session.dispose()));
  }
}
