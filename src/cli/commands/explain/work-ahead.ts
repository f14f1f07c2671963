/** Takes the results of some work: to be called in order. */
export type Take = () => void | Promise<void>;

/** Work that goes on at once, and whose results are taken one after the other, in the order in which it began. */
export class WorkAhead {
  private readonly begun: Promise<Take>[] = [];
  private readonly most: () => number;

  /** @param most how much goes on ahead of what is taken; 0 takes each result before the next work begins */
  constructor(most: () => number) {
    this.most = most;
  }

  /** Adds work that has begun, and takes the oldest results where there is too much. @throws what they throw */
  async add(work: Promise<Take>): Promise<void> {
    // An error is thrown when its turn comes; Node ends a process where nobody seems to wait for it.
    work.catch(() => undefined);
    this.begun.push(work);
    await this.takeAllBut(this.most());
  }

  /** Takes the results of all that is left. */
  finish(): Promise<void> {
    return this.takeAllBut(0);
  }

  private async takeAllBut(left: number): Promise<void> {
    while (this.begun.length > left) {
      const take = await this.begun.shift()!;
      await take();
    }
  }
}

/** Lets so many tasks run at once. */
export class Slots {
  private readonly count: () => number;
  private used = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(count: () => number) {
    this.count = count;
  }

  async use<T>(task: () => Promise<T>): Promise<T> {
    while (this.used >= this.count()) await new Promise<void>((go) => this.waiting.push(go));
    this.used++;
    try {
      return await task();
    } finally {
      this.used--;
      this.waiting.shift()?.();
    }
  }
}
