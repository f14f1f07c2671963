import type { SampleFailure } from "../evaluate/run.js";
import type { MeasuredRecord, SummaryRow } from "../evaluate/summary.js";
import type { Axis, Measure } from "../evaluate/test.js";
import { chartOf, type ChartSpec } from "./chart.js";
import { csvOf } from "./csv.js";
import { pageOf } from "./page.js";
import { toPng, toSvg } from "./render.js";

/** Everything that is told of a finished test. */
export interface Report {
  /** File names begin with it. */
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly about: string;
  readonly notShown: readonly string[];
  readonly measures: readonly Measure[];
  readonly axis?: Axis;
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
export interface Chart {
  readonly name: string;
  readonly spec: ChartSpec;
  readonly svg: string;
  readonly png: Uint8Array;
}

/**
 * The files of a report, by name; the last one is the JSON document, which vouches for the others.
 *
 * @param fontFile a TrueType font for the PNG charts
 */
export async function reportFiles(
  report: Report,
  fontFile: string,
): Promise<(readonly [name: string, content: Uint8Array | string])[]> {
  const { name, records, failures, summary, provenance, measures, axis } = report;
  const charts = await chartsOf(report, fontFile);
  const document = {
    test: name,
    ...provenance,
    measures,
    ...(axis ? { axis } : {}),
    summary,
    samples: records,
    failures,
  };
  return [
    [`${name}.csv`, csvOf(report)],
    ...charts.flatMap((chart) => [
      [`${chart.name}.vl.json`, `${JSON.stringify(chart.spec, null, 2)}\n`] as const,
      [`${chart.name}.svg`, chart.svg] as const,
      [`${chart.name}.png`, chart.png] as const,
    ]),
    [`${name}.html`, pageOf(report, charts)],
    [`${name}.json`, `${JSON.stringify(document, null, 2)}\n`],
  ];
}

/** A chart of each measure that has a number. */
async function chartsOf(report: Report, fontFile: string): Promise<Chart[]> {
  const { name, title, subtitle, measures, axis, baselines, summary } = report;
  const charts: Chart[] = [];
  for (const measure of measures) {
    const rows = summary.filter((row) => row.measure === measure.name);
    if (!rows.some((row) => Number.isFinite(row.mean))) continue;
    const spec = chartOf({
      ...{ title, subtitle, measure, rows },
      ...(axis ? { axis } : {}),
      methods: [...new Set(rows.map((row) => row.method))],
      baselines: new Set(baselines),
    });
    const svg = await toSvg(spec);
    const png = await toPng(svg, fontFile);
    charts.push({ name: `${name}.${measure.name}`, spec, svg, png });
  }
  return charts;
}
