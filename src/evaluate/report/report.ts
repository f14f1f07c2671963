import type { SampleFailure } from "../run.js";
import type { MeasuredRecord, SummaryRow } from "../summary.js";
import type { MeasureAxis, Measure } from "../test.js";
import type { ChartSpec } from "./chart.js";

/** Everything that is told of a finished test. */
export interface Report {
  /** File names begin with it. */
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly about: string;
  readonly notShown: readonly string[];
  readonly measures: readonly Measure[];
  readonly axis?: MeasureAxis;
  /** One line under each chart's title: which network, how many images. */
  readonly subtitle: string;
  readonly baselines: readonly string[];
  readonly records: readonly MeasuredRecord[];
  /** What a record is of: "sample" and "samples" unless given. */
  readonly unit?: readonly [one: string, many: string];
  readonly failures: readonly SampleFailure[];
  readonly summary: readonly SummaryRow[];
  /** What was run, on what, with which settings: for people, and as JSON has it. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** A chart in its three forms. */
export interface ReportChart {
  readonly name: string;
  readonly spec: ChartSpec;
  readonly svg: string;
  readonly png: Uint8Array;
}
