import { basename } from "node:path";
import type { Completeness } from "../../decomposition/completeness.js";
import type { Note } from "../../methods/core/notes.js";
import type { DetectionReport, Manifest, ResultFiles, TermReport } from "./manifest.js";
import type { OutputFolder } from "./output-folder.js";
import { oneLine } from "./printable.js";
import { formatNumber } from "./tables.js";
import { nameOfClass } from "../../target/format.js";
import { pathsOf } from "./write-explanation.js";

/** One explanation in the JSON document. */
export interface ExplainResult {
  readonly input: string;
  /** Its place in a .npy file with several. */
  readonly sample?: number;
  readonly rank?: number;
  readonly target: number | string;
  readonly label: string | null;
  readonly detection?: DetectionReport;
  /** The class whose number was subtracted. */
  readonly versus?: number;
  readonly versusLabel?: string | null;
  readonly quantity: string;
  readonly score: number;
  readonly probability?: number;
  readonly probabilityFrom?: "output" | "softmax";
  readonly method: string;
  /** Paths. */
  readonly files: ResultFiles;
  readonly completeness?: Completeness;
  readonly complete: boolean;
  /** Terms that are not in the map: how many, and their part of all. */
  readonly leftOut?: { readonly count: number; readonly share: number };
  readonly notes: readonly Note[];
  readonly problem?: string;
  readonly seconds: number;
  /** True if the result existed already; `seconds` is its original run time. */
  readonly skipped?: true;
}

export function resultOf(
  manifest: Manifest,
  folder: OutputFolder,
  skipped: boolean,
): ExplainResult {
  const { input, settings, target, label, rank, score, probability, probabilityFrom } = manifest;
  const { versus, versusLabel, detection } = manifest;
  return {
    input: input.path,
    ...(input.sample === undefined ? {} : { sample: input.sample }),
    ...(rank === undefined ? {} : { rank }),
    target,
    label,
    ...(detection ? { detection } : {}),
    ...(versus === undefined ? {} : { versus, versusLabel: versusLabel ?? null }),
    quantity: String(settings["quantity"]),
    score,
    ...(probability === undefined ? {} : { probability }),
    ...(probabilityFrom === undefined ? {} : { probabilityFrom }),
    method: String(settings["method"]),
    files: pathsOf(folder, manifest.files),
    ...(manifest.completeness ? { completeness: manifest.completeness } : {}),
    complete: manifest.complete,
    ...(manifest.leftOut
      ? { leftOut: { count: manifest.leftOut.count, share: manifest.leftOut.share } }
      : {}),
    notes: manifest.notes,
    ...(manifest.problem === undefined ? {} : { problem: manifest.problem }),
    seconds: manifest.seconds,
    ...(skipped ? { skipped } : {}),
  };
}

/** "chelsea.png → 282 tiger cat (39.5 %), score 9.25, remainder 2e-7, 0.12 s → demo/chelsea.overlay.png" */
export function explanationLine(result: ExplainResult, classes?: number): string {
  const { input, sample, target, label, probability, score, complete, completeness, seconds } =
    result;
  const from = basename(input) + (sample === undefined ? "" : ` [${sample}]`);
  const { versus, versusLabel = null, quantity } = result;
  const name = nameOfClass({ target, label }, classes);
  const named =
    (result.detection
      ? detected(result.detection, result)
      : name === target
        ? `target ${target}`
        : name) +
    (versus === undefined ? "" : ` versus ${nameOfClass({ target: versus, label: versusLabel })}`);
  const sure = probability === undefined ? "" : ` (${(probability * 100).toFixed(1)} %)`;
  const adds = complete ? "remainder" : "DOES NOT ADD UP: remainder";
  const { overlay, heatmap, map, attribution, manifest } = result.files;
  const parts = [
    `${from} → ${named}${sure}`,
    `${quantity} ${formatNumber(score)}`,
    ...(completeness ? [`${adds} ${formatError(completeness.conditioned)}`] : []),
    ...(map ? [] : ["no map: the input has no spatial axis"]),
    result.skipped ? "done before" : `${seconds.toFixed(2)} s`,
  ];
  return oneLine(`${parts.join(", ")} → ${overlay ?? heatmap ?? map ?? attribution ?? manifest}`);
}

/** "detection 1, 17 cat (93.0 %) at 12,30 to 200,310" */
function detected(
  { class: index, score, box }: DetectionReport,
  { target, label }: Pick<ExplainResult, "target" | "label">,
): string {
  const [left, top, right, bottom] = box.map(Math.round) as [number, number, number, number];
  const kind = nameOfClass({ target: index, label });
  return `${target}, ${kind} (${(score * 100).toFixed(1)} %) at ${left},${top} to ${right},${bottom}`;
}

/** By how much an explanation does not add up, and where to look. */
export function incompleteLine(manifest: Manifest): string {
  const { input, completeness, largestTerms = [], problem } = manifest;
  const what = completeness ? [incompleteness(completeness, largestTerms)] : [];
  return `  ${input.path}: ${[...what, ...(problem === undefined ? [] : [problem])].join("; ")}`;
}

/** "conditioned 0.03; the largest terms are Conv "a" (12.1), Gemm "b" (-3.4)" */
export function incompleteness(
  { output, conditioned }: Completeness,
  terms: readonly TermReport[],
): string {
  const worst = terms
    .slice(0, 3)
    .map(({ op, node, value }) => `${op} "${node}" (${formatNumber(value)})`);
  const what = Number.isFinite(output)
    ? `conditioned ${formatError(conditioned)}`
    : `the score is ${formatNumber(output)}`;
  return `${what}; the largest terms are ${worst.join(", ")}`;
}

/** 1.7e-7 → "2e-7" */
function formatError(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "not a number";
  return value === 0 ? "0" : value.toExponential(0);
}
