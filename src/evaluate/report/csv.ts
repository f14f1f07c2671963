import type { Report } from "./report.js";

/** Every number of every sample, a line for each (RFC 4180). `at` is the place on the axis; empty where there is none. */
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

/** Text that a spreadsheet would take for a formula gets an apostrophe, by which it takes it for text. */
function cell(value: string | number): string {
  return typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
