import { describeAxes } from "../../analysis/image-axes.js";
import type {
  BiasReport,
  Inspection,
  LayerReport,
  PortReport,
} from "../../runtime/inspection-report.js";
import type { NodeGap } from "../../decomposition/bisect.js";
import { completenessTolerance } from "../../decomposition/completeness.js";
import { insteadLines } from "../../errors.js";
import { batchNormCase, largestTerms } from "./manifest.js";
import { oneLine } from "./printable.js";
import { nameOfClass } from "../../target/format.js";
import type { VerifiedReport } from "../commands/verified-sample.js";

/** Formats a number with four significant digits. In JSON, non-finite numbers are null. */
export function formatNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return String(value ?? "not a number");
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(1) : value.toPrecision(4);
}

/** The output of `fullgrad inspect`. */
export function inspectionText(path: string, inspection: Inspection): string {
  const { inputs, outputs, operators, biases, layers } = inspection;
  const counts = Object.entries(operators).map(([op, count]) => `${op} ${count}`);
  const { note } = batchNormCase(biases);
  return [
    path,
    ports("input", inputs),
    ports("output", outputs),
    ...explained(inspection),
    `operators  ${wrap(counts, 11)}`,
    "",
    ...(biases.length > 0 ? [biasTable(biases), "", `BatchNormalization: ${note}`] : []),
    ...(layers.length > 0 ? ["", layerTable(layers)] : []),
    verdict(inspection),
  ].join("\n");
}

/** Input, axes and output of the explanation, where they are not the obvious ones. */
function explained(inspection: Inspection): string[] {
  const {
    inputs,
    outputs,
    input,
    image,
    undecided,
    output,
    others = [],
    assumedSize,
    fixedNoise,
  } = inspection;
  const rows: string[] = [];
  if (input && inputs.length > 1) rows.push(ports("explained", [input]));
  const [states, needed] = [others.filter((o) => o.zeros), others.filter((o) => !o.zeros)];
  if (needed.length > 0) rows.push(`${ports("beside it", needed)}  (--feed NAME=FILE.npy)`);
  if (states.length > 0)
    rows.push(`${ports("states", states)}  (zeros unless --feed NAME=FILE.npy)`);
  if (output && output.name !== outputs[0]?.name) rows.push(ports("decomposed", [output]));
  if (image) rows.push(`image      ${describeAxes(image)}`);
  if (undecided !== undefined) {
    rows.push(`image      undecided: ${undecided}; a map needs --layout, such as NHWC or NCL`);
  }
  if (fixedNoise) {
    rows.push(
      `noise      ${fixedNoise.join(", ")}: drawn once from the seed, the same for every sample`,
    );
  }
  if (assumedSize) {
    rows.push(
      `size       ${assumedSize.join("x")}, assumed because the model leaves it open (--size HxW)`,
    );
  }
  return rows;
}

function ports(kind: string, list: readonly PortReport[]): string {
  const rows = list.map(({ name, dtype, shape }) =>
    oneLine(`${name}  ${dtype} [${shape.join(",")}]`),
  );
  return `${kind.padEnd(11)}${rows.join(`\n${" ".repeat(11)}`) || "none"}`;
}

function biasTable(biases: readonly BiasReport[]): string {
  const header = ["bias-bearing node", "operator", "kind", "shape", "in the map", "BatchNorm"];
  const rows = biases.map(({ node, op, kind, shape, spatial, batchNorm }) => [
    node,
    op,
    kind,
    `[${shape.join(",")}]`,
    spatial ? "yes" : "no",
    batchNorm ?? "",
  ]);
  return `${table(header, rows)}\n${biases.length} in all`;
}

function layerTable(layers: readonly LayerReport[]): string {
  const header = ["layer for class activation maps", "operator", "shape", "looked at"];
  const rows = layers.map(({ node, op, shape, isDefault }) => [
    ...[node, op, `[${shape.join(",")}]`],
    isDefault ? "unless told otherwise" : `with --set layer=${node}`,
  ]);
  return table(header, rows);
}

/** The output of `fullgrad verify --bisect`: nodes that do not conserve relevance. */
export function gapTable(gaps: readonly NodeGap[]): string {
  const rows = gaps.map(({ node, op, residual, conditioned }) => [
    formatNumber(conditioned),
    formatNumber(residual),
    op,
    node,
  ]);
  return `Node by node, the worst sample\n${table(["conditioned", "residual", "operator", "node"], rows)}`;
}

function verdict({ explainable, unsupported, problem, instead }: Inspection): string {
  const header = ["node", "operator", "opset", "reason", "needed"];
  const rows = unsupported.map(({ node, op, opset, reason, needed }) => [
    node,
    op,
    String(opset),
    reason,
    needed ? "yes" : "no",
  ]);
  const listed = rows.length > 0 ? `${table(header, rows)}\n` : "";
  if (explainable) return `${listed}This model can be explained.`;
  const count = unsupported.filter((hole) => hole.needed).length;
  const nodes = count === 1 ? "1 node stands" : `${count} nodes stand`;
  const why = problem ?? `${nodes} in the way.`;
  return [`${listed}This model cannot be explained: ${why}`, ...insteadLines(instead ?? [])].join(
    "\n",
  );
}

/** The output of `fullgrad verify`. */
export function verificationText(
  path: string,
  samples: readonly VerifiedReport[],
  classes?: number,
): string {
  const header = [
    "sample",
    classes === 1 ? "target" : "class",
    "output",
    "input term",
    "bias terms",
    "sum",
    "residual",
    "conditioned",
  ];
  const rows = samples.map((s) => [
    s.sample,
    (classes === 1 || s.label !== null ? nameOfClass(s, classes) : String(s.target)) +
      (s.versus === undefined ? "" : ` versus ${s.versus}`),
    ...[s.output, s.inputTerm, s.biasTerm, s.sum].map(formatNumber),
    ...[s.residual, s.conditioned].map((v) => v.toExponential(1)),
  ]);
  const worst = samples.reduce((a, b) => (b.conditioned <= a.conditioned ? a : b));
  const terms = largestTerms(worst.terms, 10).map(({ node, op, kind, value, spatial }) => [
    formatNumber(value),
    node,
    op,
    kind,
    spatial ? "yes" : "no",
  ]);
  const bad = samples.filter((s) => !s.complete).length;
  return [
    path,
    table(header, rows, [2, 3, 4, 5, 6, 7]),
    "",
    `Largest terms of ${worst.sample}, the sample with the largest remainder`,
    table(["value", "node", "operator", "kind", "in the map"], terms, [0]),
    "",
    bad === 0
      ? `Complete: every sample adds up (conditioned at most ${completenessTolerance}).`
      : `NOT complete: ${bad} of ${samples.length} samples do not add up (conditioned above ${completenessTolerance}).`,
  ].join("\n");
}

/** A table with columns two spaces apart; the columns in `right` are right-aligned. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const all = [header, ...rows.map((row) => row.map(oneLine))];
  const widths = header.map((_, c) => all.reduce((most, row) => Math.max(most, row[c]!.length), 0));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, c) => (right.includes(c) ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
      .join("  ")
      .trimEnd();
  return [
    line(header),
    widths.map((w) => "-".repeat(w)).join("  "),
    ...all.slice(1).map(line),
  ].join("\n");
}

/** Wraps words to lines of at most 100 characters; continuation lines are indented. */
function wrap(words: readonly string[], indent: number): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && indent + last.length + word.length + 3 <= 100) {
      lines[lines.length - 1] = `${last} · ${word}`;
    } else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}
