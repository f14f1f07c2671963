import type { Random } from "./random.js";

interface Numbers {
  readonly length: number;
  [index: number]: number;
}

/** Puts numbers in a random order, in place (R. Fisher, F. Yates, 1938; this form is R. Durstenfeld's, 1964). */
export function shuffle<T extends Numbers>(values: T, numbers: Random): T {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(numbers.uniform() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}
