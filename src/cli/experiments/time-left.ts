import { duration } from "../pace.js";

/** Estimates the remaining time of a run from the time so far. Skipped items do not count. */
export function timeLeft(total: number): {
  count(items: number, isNew: boolean): void;
  line(): string;
} {
  const start = performance.now();
  let [done, computed] = [0, 0];
  return {
    count: (items, isNew) => {
      done += items;
      if (isNew) computed += items;
    },
    line: () => {
      if (computed === 0) return "";
      const seconds = (performance.now() - start) / 1000 / computed;
      return `${duration(seconds * (total - done))} left`;
    },
  };
}
