import type { SampleRecord } from "./run.js";
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
}

/** The baseline that every method should outperform. */
const toBeat = "random";

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
    const wholes = (method: string): ReadonlyMap<string, number> =>
      new Map(
        Array.from(rowsOf(method), ([sample, row]) => [
          sample,
          isCurve ? meanHeight(axis.values, row) : row[0]!,
        ]),
      );
    const bar = wholes(toBeat);
    return methods.flatMap((method) => {
      const about = { measure: measure.name, method };
      const values = wholes(method);
      const whole = {
        ...{ ...about, ...estimate([...values.values()], seed) },
        ...(method === toBeat ? {} : wonBy(values, bar, measure)),
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

function wonBy(
  values: ReadonlyMap<string, number>,
  bar: ReadonlyMap<string, number>,
  { better }: Measure,
): Pick<SummaryRow, "won"> {
  if (better === "neither") return {};
  const differences = Array.from(values, ([sample, value]) => value - (bar.get(sample) ?? NaN));
  const known = differences.filter(Number.isFinite);
  const isWon = (difference: number): boolean =>
    better === "lower" ? difference < 0 : difference > 0;
  return known.length === 0
    ? {}
    : { won: { samples: known.filter(isWon).length, of: known.length } };
}
