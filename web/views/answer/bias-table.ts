import type { Inspection } from "../../../src/runtime/inspection-report.js";
import { element, part } from "../../dom.js";

const details = part("nodes", HTMLDetailsElement);
const count = part("nodes-count", HTMLElement);
const place = part("nodes-table", HTMLElement);

/** The bias-bearing and the unsupported nodes of a model, as in `fullgrad inspect`. */
export function showBiasTable({ biases, unsupported }: Inspection): void {
  details.hidden = biases.length + unsupported.length === 0;
  count.textContent = `(${biases.length})`;
  const rows = biases.map(({ node, op, kind, shape, spatial }) => [
    ...[node, op, kind, `[${shape.join(", ")}]`],
    spatial ? "yes" : "no",
  ]);
  const holes = unsupported.map(({ node, op, reason, needed }) => [
    ...[node, op, reason],
    needed ? "yes" : "no",
  ]);
  place.replaceChildren(
    ...(rows.length > 0
      ? [table("Bias-bearing nodes", ["Node", "Operator", "Kind", "Shape", "In the map"], rows)]
      : []),
    ...(holes.length > 0
      ? [
          table(
            "Unsupported nodes",
            ["Node", "Operator", "Missing", "Blocks the explanation"],
            holes,
          ),
        ]
      : []),
  );
}

function table(
  label: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLTableElement {
  const head = header.map((text) => element("th", { scope: "col" }, text));
  const body = rows.map(([first = "", ...rest]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, first),
      ...rest.map((text) => element("td", {}, text)),
    ),
  );
  return element(
    "table",
    { class: "listing", "aria-label": label },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
}
