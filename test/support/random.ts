/** Repeatable random numbers (mulberry32): a failing case is its seed. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform in [from, to). */
  uniform(from = 0, to = 1): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return from + (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * (to - from);
  }

  /** A whole number in [from, to]. */
  integer(from: number, to: number): number {
    return Math.floor(this.uniform(from, to + 1));
  }

  many(count: number, from: number, to: number): number[] {
    return Array.from({ length: count }, () => this.uniform(from, to));
  }

  shuffled<T>(list: readonly T[]): T[] {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
    return result;
  }
}
