import { duration } from "../pace.js";

/** How long the rest of a run will take, judged by what it took so far. Finished things that are skipped take no time. */
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
