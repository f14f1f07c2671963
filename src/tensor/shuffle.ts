import type { Random } from "./random.js";

interface Numbers {
  readonly length: number;
  [index: number]: number;
}

/** Shuffles numbers in place (R. Fisher and F. Yates, 1938, in the form of R. Durstenfeld, 1964). */
export function shuffle<T extends Numbers>(values: T, numbers: Random): T {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(numbers.uniform() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}
