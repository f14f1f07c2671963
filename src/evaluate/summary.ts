import type { SampleRecord } from "./run.js";
import {
  baselinesToBeat,
  compareWith,
  meanRanks,
  type BySample,
  type PairedDifference,
} from "./paired-differences.js";
import { estimate, meanHeight, type Estimate } from "./statistics.js";
import type { MeasureAxis, Measure } from "./test.js";

/** The result of one method on one sample: of a test, or of a training run. */
export type MeasuredRecord = Pick<SampleRecord, "sample" | "method" | "values"> & {
  readonly target?: number;
};

/** One method's mean of one measure, at one position of the axis or over the whole axis. */
export interface SummaryRow extends Estimate {
  readonly measure: string;
  readonly method: string;
  /** Position on the axis; absent for a single number. */
  readonly at?: number;
  /** Set for the mean height of the curve. */
  readonly over?: "curve";
  /** For whole curves and single numbers: the number of samples better than the random baseline, and in total. */
  readonly won?: { readonly samples: number; readonly of: number };
  /** For the same: paired differences from the baselines to beat. */
  readonly against?: readonly PairedDifference[];
  /** For the same: the method's mean rank among all of them, 1 for the best. */
  readonly rank?: Estimate;
}

/** Means with intervals for each measure and method, in the given order. */
export function summarize(
  records: readonly MeasuredRecord[],
  measures: readonly Measure[],
  axis: MeasureAxis | undefined,
  seed: number,
): SummaryRow[] {
  const methods = [...new Set(records.map((record) => record.method))];
  return measures.flatMap((measure) => {
    const isCurve = axis && !measure.single;
    const rowsOf = (method: string): Samples =>
      new Map(
        records
          .filter((record) => record.method === method)
          .map(({ sample, values }) => [sample, values[measure.name]!.map((v) => v ?? NaN)]),
      );
    const wholes = (method: string): BySample =>
      new Map(
        Array.from(rowsOf(method), ([sample, row]) => [
          sample,
          isCurve ? meanHeight(axis.values, row) : row[0]!,
        ]),
      );
    const all = new Map(methods.map((method) => [method, wholes(method)]));
    const isOrdered = measure.better !== "neither";
    const ranks = isOrdered ? meanRanks(all, measure, seed) : undefined;
    return methods.flatMap((method) => {
      const about = { measure: measure.name, method };
      const values = all.get(method)!;
      const against = baselinesToBeat.flatMap((baseline) => {
        const other = baseline === method || !isOrdered ? undefined : all.get(baseline);
        return (other && compareWith(baseline, [values, other], measure, seed)) ?? [];
      });
      const [first] = against.filter(({ baseline }) => baseline === "random");
      const whole = {
        ...{ ...about, ...estimate([...values.values()], seed) },
        ...(first ? { won: { samples: first.won, of: first.n } } : {}),
        ...(against.length > 0 ? { against } : {}),
        ...(ranks ? { rank: ranks.get(method)! } : {}),
      };
      if (!isCurve) return [whole];
      const rows = [...rowsOf(method).values()];
      const places = axis.values.map((at, i) => {
        const column = rows.map((row) => row[i]!);
        return { ...about, ...estimate(column, seed), at };
      });
      return places.length < 2 ? places : [...places, { ...whole, over: "curve" as const }];
    });
  });
}

/** Values by sample. */
type Samples = ReadonlyMap<string, readonly number[]>;
