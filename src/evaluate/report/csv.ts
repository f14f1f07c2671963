import { baselinesToBeat } from "../paired-differences.js";
import type { Estimate } from "../statistics.js";
import type { Report } from "./report.js";

/** One line per number of each sample (RFC 4180). `at` is the position on the axis; empty for single numbers. */
export function csvOf({ records, measures, axis }: Report): string {
  const lines = [["sample", "method", "target", "measure", "at", "value"]];
  for (const { sample, method, target, values } of records) {
    for (const measure of measures) {
      values[measure.name]!.forEach((value, i) => {
        const at = axis && !measure.single ? String(axis.values[i]!) : "";
        const number = value === null ? "" : String(value);
        lines.push([
          cell(sample),
          cell(method),
          cell(target ?? ""),
          cell(measure.name),
          at,
          number,
        ]);
      });
    }
  }
  return linesOf(lines);
}

/** One line per estimate of the summary; empty where a number is undefined. */
export function summaryCsvOf({ summary }: Report): string {
  const interval = (name: string): string[] => [name, `${name} low`, `${name} high`];
  const heads = [
    ...["measure", "method", "at", "n", ...interval("mean"), "median", ...interval("rank")],
    ...baselinesToBeat.flatMap((name) => [
      ...interval(`minus ${name}`),
      `better than ${name}`,
      `compared with ${name}`,
    ]),
  ];
  const numbers = (found: Estimate | undefined): (number | undefined)[] => [
    found?.mean,
    found?.low,
    found?.high,
  ];
  const lines = summary.map((row) => {
    const compared = baselinesToBeat.flatMap((name) => {
      const found = row.against?.find(({ baseline }) => baseline === name);
      return [...numbers(found), found?.won, found?.n];
    });
    const values = [...numbers(row), row.median, ...numbers(row.rank), ...compared];
    return [
      ...[cell(row.measure), cell(row.method), String(row.at ?? row.over ?? ""), String(row.n)],
      ...values.map((v) => (v === undefined || !Number.isFinite(v) ? "" : String(v))),
    ];
  });
  return linesOf([heads, ...lines]);
}

function linesOf(lines: readonly (readonly string[])[]): string {
  return lines.map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}

/** Prefixes an apostrophe to text that a spreadsheet would evaluate as a formula. */
function cell(value: string | number): string {
  return typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
