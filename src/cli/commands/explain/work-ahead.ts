/** Takes the results of some work: to be called in order. */
export type Take = () => void | Promise<void>;

/** Concurrent tasks whose results are taken one by one, in the order of their start. */
export class WorkAhead {
  private readonly begun: Promise<Take>[] = [];
  private readonly most: () => number;

  /** @param most maximum number of pending results; 0 takes each result before the next task starts */
  constructor(most: () => number) {
    this.most = most;
  }

  /** Adds a started task, and takes the oldest results if too many are pending. @throws errors of those tasks */
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

/** Limits the number of concurrent tasks. */
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
