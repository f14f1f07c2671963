import type { SampleFailure } from "../run.js";
import type { MeasuredRecord, SummaryRow } from "../summary.js";
import type { MeasureAxis, Measure } from "../test.js";
import type { ChartSpec } from "./chart.js";

/** The complete results of a finished test. */
export interface Report {
  /** The prefix of all file names. */
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly about: string;
  readonly notShown: readonly string[];
  readonly measures: readonly Measure[];
  readonly axis?: MeasureAxis;
  /** The line under each chart's title: the network and the number of images. */
  readonly subtitle: string;
  readonly baselines: readonly string[];
  readonly records: readonly MeasuredRecord[];
  /** The singular and plural noun for a record: "sample" and "samples" unless given. */
  readonly unit?: readonly [one: string, many: string];
  readonly failures: readonly SampleFailure[];
  readonly summary: readonly SummaryRow[];
  /** The network, data and settings of the run: as display text, and as JSON. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** A chart as specification, SVG and PNG. */
export interface ReportChart {
  readonly name: string;
  readonly spec: ChartSpec;
  readonly svg: string;
  readonly png: Uint8Array;
}
