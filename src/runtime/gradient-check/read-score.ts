import { toNumbers } from "../../tensor/tensor.js";
import type { Probability } from "../../ops/core/role.js";
import type { ResolvedContrast } from "../../target/contrast.js";

/** The explained number of one sample, from its row of the output. */
export type ScoreReader = (row: ArrayLike<number>) => number;

/**
 * Computes the explained number from an output as emitTarget does, in double precision.
 *
 * @param contrast the target of this sample
 * @param target the class that "top" resolved to
 * @param squashed the function that computes the output from scores, if it is a probability
 */
export function scoreReader(
  { chosen, versus, quantity }: ResolvedContrast,
  target: number | string,
  squashed: Probability | undefined,
): ScoreReader {
  const seed = typeof chosen === "object" && "seed" in chosen ? toNumbers(chosen.seed) : undefined;
  const weighted: ScoreReader = seed
    ? (row) => Array.from(row).reduce((sum, v, i) => sum + (seed[i] === 0 ? 0 : seed[i]! * v), 0)
    : (row) => row[Number(target)]! - (versus ? row[versus[0]!]! : 0);
  return quantity === "score" ? weighted : (row) => weighted(logProbabilities(row, squashed));
}

function logProbabilities(
  row: ArrayLike<number>,
  squashed: Probability | undefined,
): ArrayLike<number> {
  const values = Array.from(row);
  if (squashed === "log-softmax") return values;
  if (squashed === "softmax") return values.map(Math.log);
  const most = Math.max(...values);
  const sum = values.reduce((total, v) => total + Math.exp(v - most), 0);
  return values.map((v) => v - most - Math.log(sum));
}
