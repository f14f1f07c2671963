import type { Estimate } from "../statistics.js";
import type { SummaryRow } from "../summary.js";
import type { MeasureAxis, Measure } from "../test.js";
import { html, trusted, type Html } from "../../draw/html.js";
import type { ReportChart, Report } from "./report.js";

/** The report as one self-contained HTML page. */
export function pageOf(report: Report, charts: readonly ReportChart[]): string {
  const { title, paper, about, facts, notShown, failures, records } = report;
  const [one, many] = report.unit ?? ["sample", "samples"];
  const samples = new Set(records.map((record) => record.sample)).size;
  const failed = failures.map(
    ({ sample, method, error }) =>
      `${sample}${method === undefined ? "" : `, ${method}`}: ${error}`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<h1>${title}</h1>
<p>${about}</p>
<p class="source">${paper}</p>
<h2>Run</h2>
<table class="facts">
${facts.map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>`)}
</table>
<h2>Results</h2>
<p>Mean over ${samples} ${samples === 1 ? one : many}${samples > 1 ? ", with its 95 % bootstrap interval and, in grey, the median" : ""}. Grey, dashed lines are baselines that ignore the network.</p>
${report.measures.map((measure) => measureSection(report, measure, charts))}
<h2>What this does not show</h2>
${list(notShown)}
${
  failed.length === 0
    ? ""
    : html`<h2>What failed</h2>
${list(failed)}`
}
</body>
</html>
`.text;
}

function measureSection(report: Report, measure: Measure, charts: readonly ReportChart[]): Html {
  const chart = charts.find(({ name }) => name === `${report.name}.${measure.name}`);
  const rows = report.summary.filter((row) => row.measure === measure.name);
  const better =
    measure.better === "neither" ? "" : html` <small>${measure.better} is better</small>`;
  return html`<section>
<h3>${measure.title}${better}</h3>
${chart ? html`<figure>${trusted(chart.svg)}</figure>` : html`<p>No chart: the measure has no finite value.</p>`}
${summaryTable(rows, measure.single ? undefined : report.axis)}
${comparisonTable(rows)}
</section>`;
}

function summaryTable(rows: readonly SummaryRow[], axis: MeasureAxis | undefined): Html {
  const methods = [...new Set(rows.map((row) => row.method))];
  const places: readonly (number | undefined)[] = axis ? axis.values : [undefined];
  const hasArea = rows.some((row) => row.over === "curve");
  const heads = axis
    ? [...axis.values.map((at) => placeLabel(at, axis)), ...(hasArea ? ["whole curve"] : [])]
    : ["mean"];
  const body = methods.map((method) => {
    const own = rows.filter((row) => row.method === method);
    const cells = places.map((at) => own.find((row) => row.at === at && row.over === undefined));
    if (axis && hasArea) cells.push(own.find((row) => row.over === "curve"));
    return html`<tr><th>${method}</th>${cells.map(cell)}</tr>`;
  });
  return html`<div class="scroll"><table>
<tr><th></th>${heads.map((head) => html`<th>${head}</th>`)}</tr>
${body}
</table></div>`;
}

/** Ranks, and paired differences from the baselines to beat; nothing if there are none. */
function comparisonTable(rows: readonly SummaryRow[]): Html | string {
  const wholes = rows.filter((row) => row.against);
  const baselines = [
    ...new Set(wholes.flatMap((row) => row.against!.map(({ baseline }) => baseline))),
  ];
  if (baselines.length === 0) return "";
  const heads = baselines.flatMap((name) => [`minus ${name}`, `better than ${name}`]);
  const body = wholes.map(({ method, rank, against }) => {
    const cells = baselines.flatMap((name) => {
      const found = against!.find(({ baseline }) => baseline === name);
      return [cell(found), html`<td>${found ? `${found.won} of ${found.n}` : ""}</td>`];
    });
    return html`<tr><th>${method}</th>${cell(rank)}${cells}</tr>`;
  });
  return html`<p>Compared on the same samples: the rank among all (1 is the best), and the difference from a baseline.</p>
<div class="scroll"><table>
<tr><th></th>${["rank", ...heads].map((head) => html`<th>${head}</th>`)}</tr>
${body}
</table></div>`;
}

function cell(row: Estimate | undefined): Html {
  if (!row || row.n === 0) return html`<td>–</td>`;
  const { mean, low, high, median } = row;
  const interval =
    low === undefined || high === undefined
      ? ""
      : html`<br><small>${short(low, 2)}…${short(high, 2)}<br><i>${short(median, 2)}</i></small>`;
  return html`<td>${short(mean)}${interval}</td>`;
}

/** "5 %", or the plain number. */
export function placeLabel(at: number, { percent }: MeasureAxis): string {
  return percent ? `${short(at * 100)} %` : short(at);
}

/** A number with a few significant digits. */
export function short(value: number, digits = 3): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : "–";
}

function list(items: readonly string[]): Html {
  return html`<ul>
${items.map((item) => html`<li>${item}</li>`)}
</ul>`;
}

const style = `
body { font: 15px/1.5 "DejaVu Sans", Verdana, sans-serif; color: #1a1a1a; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; }
.source, small { color: #555; font-weight: normal; }
table { border-collapse: collapse; font-size: 0.85rem; }
td, th { border-bottom: 1px solid #ddd; padding: 0.25rem 0.6rem; text-align: right; vertical-align: top; }
th:first-child, .facts td { text-align: left; }
td small { white-space: nowrap; } .facts td { overflow-wrap: anywhere; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; } i { color: #888; font-style: normal; }
`;
