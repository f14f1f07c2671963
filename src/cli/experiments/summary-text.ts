import type { SummaryRow } from "../../evaluate/summary.js";
import type { MeasureAxis, Measure } from "../../evaluate/test.js";
import { placeLabel, short } from "../../evaluate/report/page.js";
import { table } from "../output/tables.js";

/** The means of each measure, a line for each method. */
export function summaryText(
  summary: readonly SummaryRow[],
  measures: readonly Measure[],
  axis: MeasureAxis | undefined,
): string {
  return measures.map((measure) => measureText(summary, measure, axis)).join("\n\n");
}

function measureText(
  summary: readonly SummaryRow[],
  measure: Measure,
  axis: MeasureAxis | undefined,
): string {
  const all = summary.filter((row) => row.measure === measure.name);
  const skip = Math.ceil((axis?.values.length ?? 1) / mostColumns);
  const rows = all.filter(({ at }) => at === undefined || axis!.values.indexOf(at) % skip === 0);
  const methods = [...new Set(rows.map((row) => row.method))];
  const places = rows.filter((row) => row.method === methods[0]);
  const heads = places.map(({ at, over }) =>
    at === undefined || !axis ? (over ? "curve" : "mean") : placeLabel(at, axis),
  );
  const hasRanks = rows.some((row) => row.rank);
  if (hasRanks) heads.push("rank");
  const lines = methods.map((method) => {
    const own = rows.filter((row) => row.method === method);
    const compared = hasRanks ? [short(own.find((row) => row.rank)?.rank?.mean ?? NaN)] : [];
    return [method, ...own.map((row) => short(row.mean)), ...compared];
  });
  const better = measure.better === "neither" ? "" : `, ${measure.better} is better`;
  return `${measure.title}${better}\n${table(["", ...heads], lines)}`;
}

/** Places of an axis that fit a terminal; the files have them all. */
const mostColumns = 10;
