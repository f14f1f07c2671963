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
  return lines.map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}

/** Prefixes an apostrophe to text that a spreadsheet would evaluate as a formula. */
function cell(value: string | number): string {
  return typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
