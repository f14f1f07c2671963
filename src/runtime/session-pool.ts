import type { Session } from "./session.js";

/** Number of cached sizes; each holds its compiled graphs. */
const most = 4;

interface Held {
  readonly session: Session;
  /** Number of running questions. */
  users: number;
}

/** The sessions of one model, one for each size; the most recently used ones are kept. */
export class SessionPool {
  /** In order of last use. */
  private readonly held = new Map<string, Held>();

  /** Runs a question in the session of a size, created on first use. The session is not freed while it runs. */
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

  /** Frees all compiled graphs; later questions compile them again. */
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
