import { chartOf } from "./chart.js";
import { csvOf, summaryCsvOf } from "./csv.js";
import { pageOf } from "./page.js";
import { toPng, toSvg } from "./render.js";
import type { ReportChart, Report } from "./report.js";

/**
 * The files of a report, by name. The JSON document comes last: its presence shows that the others are complete.
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
    [`${name}.summary.csv`, summaryCsvOf(report)],
    ...charts.flatMap((chart) => [
      [`${chart.name}.vl.json`, `${JSON.stringify(chart.spec, null, 2)}\n`] as const,
      [`${chart.name}.svg`, chart.svg] as const,
      [`${chart.name}.png`, chart.png] as const,
    ]),
    [`${name}.html`, pageOf(report, charts)],
    [`${name}.json`, `${JSON.stringify(document, null, 2)}\n`],
  ];
}

/** A chart of each measure with at least one finite value. */
async function chartsOf(report: Report, fontFile: string): Promise<ReportChart[]> {
  const { name, title, subtitle, measures, axis, baselines, summary } = report;
  const charts: ReportChart[] = [];
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
