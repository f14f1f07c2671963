import { barScaleOf } from "../../../src/compare/layer-sheet.js";
import { element, part } from "../../dom.js";
import type { Part } from "../../engine/protocol.js";
import { formatFixed, formatSigned, roundToSum } from "../../numbers.js";
import { plainNames } from "../../words/layer-names.js";
import { axisOf } from "./axis.js";

const column = part("blocks", HTMLElement);

interface Node {
  readonly name: string;
  readonly op: string;
  readonly value: number;
  readonly rounded: number;
}

/**
 * The network as a column of blocks, from input to output, each with its share and, when opened, the shares of its nodes.
 * A block is what the exporter named alike: "block 15, project conv" belongs to "block 15". All displayed numbers add up.
 */
export function showBlocks(parts: readonly Part[], total: string, decimals: number): void {
  const rounded = roundToSum(
    parts.map(({ value }) => value),
    decimals,
  );
  const names = plainNames(parts);
  const blocks: { readonly name: string; readonly nodes: Node[] }[] = [];
  parts.forEach(({ op, value }, i) => {
    const [name = "", ...rest] = names[i]!.replace(/ \(\d+\)$/, "").split(", ");
    if (blocks.at(-1)?.name !== name) blocks.push({ name, nodes: [] });
    const own = rest.join(", ") || name;
    blocks.at(-1)!.nodes.push({ name: own, op, value, rounded: rounded[i]! });
  });
  const valueOf = ({ nodes }: { nodes: readonly Node[] }): number => sum(nodes.map((n) => n.value));
  const scale = barScaleOf({
    output: 0,
    parts: blocks.map((block) => ({ ...parts[0]!, value: valueOf(block) })),
  });
  const open = new Set(
    [...column.querySelectorAll<HTMLDetailsElement>("details[open]")].map(
      (d) => d.dataset["block"],
    ),
  );
  const rows = blocks.map((block) => {
    const { name, nodes } = block;
    const share = formatSigned(sum(nodes.map((node) => node.rounded)), decimals);
    return element(
      "details",
      { "data-block": name, open: open.has(name) },
      element(
        "summary",
        {},
        element("span", { class: "name" }, name),
        axisOf("span", scale, valueOf(block)),
        element("span", { class: "number" }, share),
      ),
      element(
        "ul",
        {},
        ...nodes.map((node) =>
          element(
            "li",
            {},
            element("span", {}, node.name, element("span", { class: "faint" }, ` ${node.op}`)),
            element("span", { class: "number" }, formatSigned(node.rounded, decimals)),
          ),
        ),
      ),
    );
  });
  column.replaceChildren(
    ...rows,
    element(
      "p",
      { class: "total" },
      element("span", {}, total),
      element("span", { class: "number" }, formatFixed(sum(rounded), decimals)),
    ),
  );
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
