import type { BiasUnit } from "../analysis/bias-plan.js";
import { rowsOf } from "../tensor/batches.js";
import { toNumbers, type Tensors } from "../tensor/tensor.js";
import type { Compiled } from "./compiler.js";
import { completenessOf, type Completeness } from "../decomposition/completeness.js";
import type { Detection } from "../target/detection.js";
import type { ResolvedContrast } from "../target/contrast.js";

/** A bias-bearing unit of a result, as plain data. */
export type UnitReport = Pick<
  BiasUnit,
  "node" | "op" | "kind" | "shape" | "spatial" | "restoration"
>;

/** A unit without its graph: results can be cloned, posted to another thread and written as JSON. */
export function reportUnit(unit: BiasUnit): UnitReport {
  const { node, op, kind, shape, spatial, restoration } = unit;
  return { node, op, kind, shape, spatial, ...(restoration ? { restoration } : {}) };
}

/** The term of one unit for one sample. */
export interface TermSum {
  readonly unit: UnitReport;
  readonly value: number;
}

/** The target and score of one sample. */
export interface SampleScore {
  /** The explained class, or the expression of another kind of target; "seed" for a seed. */
  readonly target: number | string;
  /** The subtracted class. */
  readonly versus?: number;
  /** f(x), the explained scalar. */
  readonly score: number;
  /** The explained detection, if the target is one. */
  readonly detection?: Detection;
}

/** The decomposition of one sample's output. */
export interface SampleResult extends SampleScore {
  readonly completeness: Completeness;
  readonly terms: readonly TermSum[];
}

/** One sample's part of an explanation. */
export interface ExplainedSample extends SampleScore {
  /** For methods that decompose the output. */
  readonly completeness?: Completeness;
  readonly terms?: readonly TermSum[];
  /** The method's own check and further results: a convergence delta, the layer used. */
  readonly info?: Readonly<Record<string, number | string>>;
  /** Values from which notes are derived. */
  readonly evidence?: Readonly<Record<string, number>>;
}

/** Target and score of each sample of a run. */
export function scoresOf(results: Tensors, target: ResolvedContrast): SampleScore[] {
  const [scores, targets] = [toNumbers(results.get("score")!), toNumbers(results.get("target")!)];
  return Array.from({ length: scores.length }, (_, n) => {
    const versus = target.versus?.[n];
    return {
      target: targets[n]! < 0 ? target.words : targets[n]!,
      ...(versus === undefined ? {} : { versus }),
      score: scores[n]!,
    };
  });
}

/** Target, score and terms of each sample of a run that summed the terms. */
export function samplesOf(
  { units }: Compiled,
  results: Tensors,
  target: ResolvedContrast,
): SampleResult[] {
  const scores = scoresOf(results, target);
  const reports = units.map(reportUnit);
  const rows = rowsOf(results.get("sums")!, scores.length);
  return scores.map((sample, n) => {
    const row = rows[n]!;
    return {
      ...sample,
      completeness: completenessOf(sample.score, row),
      terms: reports.map((unit, i) => ({ unit, value: row[i + 1]! })),
    };
  });
}
