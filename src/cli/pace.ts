/** Rate and remaining time of a run, judged by its progress so far. */
export class Pace {
  private readonly now: () => number;
  private start:
    { readonly time: number; readonly done: number; readonly total: number } | undefined;
  private last = 0;

  /** @param now a clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** "3.2/s, 40 s left"; "" until something is done. Fewer done, or another total, is another run. */
  line(done: number, total: number): string {
    const time = this.now();
    const isSame = this.start?.total === total && done >= this.last;
    const start = isSame && this.start ? this.start : { time, done, total };
    [this.start, this.last] = [start, done];
    const seconds = (time - start.time) / 1000;
    const count = done - start.done;
    if (count === 0 || seconds <= 0) return "";
    return `${rate(count / seconds)}, ${duration(((total - done) * seconds) / count)} left`;
  }
}

/** "12/s", "3.2/s", "40/min" */
function rate(perSecond: number): string {
  if (perSecond >= 10) return `${Math.round(perSecond)}/s`;
  return perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${(60 * perSecond).toPrecision(2)}/min`;
}

/** "40 s", "12 min", "3.5 h" */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
