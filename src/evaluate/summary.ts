import type { SampleRecord } from "./run.js";
import { estimate, meanHeight, type Estimate } from "./statistics.js";
import type { Axis, Measure } from "./test.js";

/** What is known of one method on one sample: a test's finding, or what a training run came to. */
export type MeasuredRecord = Pick<SampleRecord, "sample" | "method" | "values"> & {
  readonly target?: number;
};

/** One method's mean for one measure, at one place of the axis or for the whole of it. */
export interface SummaryRow extends Estimate {
  readonly measure: string;
  readonly method: string;
  /** Place on the axis; absent where the measure is a single number. */
  readonly at?: number;
  /** Set for the mean height of the curve, over all places. */
  readonly over?: "curve";
}

/** Means with intervals, for each measure and method, in the order that they are given in. */
export function summarize(
  records: readonly MeasuredRecord[],
  measures: readonly Measure[],
  axis: Axis | undefined,
  seed: number,
): SummaryRow[] {
  const methods = [...new Set(records.map((record) => record.method))];
  return measures.flatMap((measure) =>
    methods.flatMap((method) => {
      const rows = records
        .filter((record) => record.method === method)
        .map((record) => record.values[measure.name]!.map((v) => v ?? NaN));
      const row = (values: readonly number[]): Estimate & { measure: string; method: string } => ({
        measure: measure.name,
        method,
        ...estimate(values, seed),
      });
      if (!axis || measure.single) return [row(rows.map(([value]) => value!))];
      const places = axis.values.map((at, i) => ({ ...row(rows.map((r) => r[i]!)), at }));
      if (axis.values.length < 2) return places;
      const heights = rows.map((r) => meanHeight(axis.values, r));
      return [...places, { ...row(heights), over: "curve" as const }];
    }),
  );
}
