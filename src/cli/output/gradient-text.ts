import type { NodeJacobian } from "../../runtime/gradient-check/node-jacobians.js";
import { table } from "./tables.js";
import type { VerifiedReport } from "../commands/verified-sample.js";

const brief = (v: number): string => (Number.isFinite(v) ? v.toExponential(1) : "none");

const number = (v: number): string => v.toPrecision(5);

/** What `fullgrad verify --gradient` adds: each direction's two numbers, and how far the difference can be trusted. */
export function gradientText(samples: readonly VerifiedReport[]): string {
  const header = ["sample", "gradient", "difference", "its error", "step", "verdict"];
  const checked = samples.flatMap(({ sample, gradient }) =>
    gradient ? [{ sample, gradient }] : [],
  );
  const rows = checked.flatMap(({ sample, gradient }) =>
    gradient.directions.map((d) => [
      sample,
      number(d.gradient),
      number(d.difference),
      brief(d.error),
      brief(d.step),
      d.because ? `${d.verdict}: ${d.because}` : d.verdict,
    ]),
  );
  const total = (of: "agree" | "disagree" | "inconclusive"): number =>
    checked.reduce((count, { gradient }) => count + gradient[of], 0);
  return [
    `Along random directions: the gradient beside central differences of ${checked[0]?.gradient.reference ?? ""}`,
    table(header, rows, [1, 2, 3, 4]),
    `${total("agree")} of ${rows.length} directions agree, ${total("disagree")} disagree, ${total("inconclusive")} are inconclusive.`,
  ].join("\n");
}

/** What `--bisect` adds to a gradient that disagrees: the nodes whose own gradient does, in the order of the network. */
export function jacobianTable(nodes: readonly NodeJacobian[]): string {
  const rows = nodes.flatMap(({ node, op, input, directions }) =>
    directions
      .filter((d) => d.verdict === "disagrees")
      .slice(0, 1)
      .map((d) => [node, op, input, number(d.gradient), number(d.difference), brief(d.error)]),
  );
  const header = ["node", "operator", "input", "gradient", "difference", "its error"];
  return `Nodes whose own gradient disagrees, in the order of the network\n${table(header, rows, [3, 4, 5])}`;
}

/** The error that ends a run whose gradient is wrong. */
export function wrongGradient(
  wrong: readonly VerifiedReport[],
  count: number,
  nodes: readonly NodeJacobian[] | undefined,
): string {
  const lines = wrong.map(({ sample, gradient }) => {
    const bad = gradient!.directions.filter((d) => d.verdict === "disagrees");
    const { gradient: ours, difference, error } = bad[0]!;
    return (
      `  ${sample}: ${bad.length} of ${gradient!.directions.length} directions, ` +
      `the first ${number(ours)} where the model has ${number(difference)} ± ${brief(error)}`
    );
  });
  const [first] = nodes ?? [];
  const where = first
    ? `the first node whose own gradient disagrees is ${first.op} "${first.node}" (input "${first.input}")`
    : nodes
      ? "each node by itself agrees"
      : "--bisect names the node";
  return `the gradient of ${wrong.length} of ${count} samples is not the model's\n${lines.join("\n")}\n${where}`;
}
