import type { SampleRecord } from "./run.js";
import { estimate, meanHeight, type Estimate } from "./statistics.js";
import type { MeasureAxis, Measure } from "./test.js";

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
  /** Of whole curves and single numbers: how many samples it does better on than the random baseline, of how many. */
  readonly won?: { readonly samples: number; readonly of: number };
}

/** What every method has to beat. */
const toBeat = "random";

/** Means with intervals, for each measure and method, in the order that they are given in. */
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

/** Numbers by sample. */
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
