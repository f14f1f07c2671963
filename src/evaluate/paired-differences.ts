import { estimate, ranksOf, type Estimate } from "./statistics.js";
import type { Measure } from "./test.js";

/** The baselines that every method should outperform, as far as they are judged. */
export const baselinesToBeat: readonly string[] = ["random", "smooth-random"];

/** A method's difference from a baseline, estimated over the samples that both have: method − baseline. */
export interface PairedDifference extends Estimate {
  readonly baseline: string;
  /** The number of samples, of `n`, on which the method is better. */
  readonly won: number;
}

/** One number for each sample. */
export type BySample = ReadonlyMap<string, number>;

/** The paired comparison of a method with a baseline; undefined if they have no sample in common. */
export function compareWith(
  baseline: string,
  [own, other]: readonly [own: BySample, other: BySample],
  { better }: Measure,
  seed: number,
): PairedDifference | undefined {
  const differences = Array.from(own, ([sample, value]) => value - (other.get(sample) ?? NaN));
  const sign = better === "lower" ? -1 : 1;
  const found = estimate(differences, seed);
  return found.n === 0
    ? undefined
    : { baseline, ...found, won: differences.filter((d) => sign * d > 0).length };
}

/**
 * The mean rank of each method, 1 for the best, over the samples on which all methods have a number. Equal methods
 * share their mean rank.
 */
export function meanRanks(
  methods: ReadonlyMap<string, BySample>,
  { better }: Measure,
  seed: number,
): ReadonlyMap<string, Estimate> {
  const all = [...methods.values()];
  const samples = [...(all[0]?.keys() ?? [])].filter((sample) =>
    all.every((values) => Number.isFinite(values.get(sample))),
  );
  const sign = better === "lower" ? 1 : -1;
  const ranks = samples.map((sample) => ranksOf(all.map((values) => sign * values.get(sample)!)));
  return new Map(
    Array.from(methods.keys(), (method, i) => [
      method,
      estimate(
        ranks.map((row) => row[i]! + 1),
        seed,
      ),
    ]),
  );
}
