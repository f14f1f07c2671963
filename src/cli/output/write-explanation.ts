import { basename, join } from "node:path";
import { rowsOf, sliceBatch } from "../../tensor/batches.js";
import { isComplete } from "../../decomposition/completeness.js";
import type { NotedSample } from "../../methods/core/notes.js";
import type { ViewFrame } from "../../draw/overlay.js";
import type { PointMap } from "../../image/preprocess.js";
import { findMethod } from "../../methods/all.js";
import type { Explanation } from "../../model/model-options.js";
import { sizeOf } from "../../tensor/shape.js";
import { encodeNpy } from "../../tensor/npy.js";
import { float32, toNumbers, type Tensor } from "../../tensor/tensor.js";
import type { Labels } from "../../model/label-names.js";
import {
  largestTerms,
  leftOut,
  termReports,
  type BatchNormCase,
  type DetectionReport,
  type Manifest,
  type Provenance,
  type ResultFiles,
} from "./manifest.js";
import type { ExplainFlags } from "../flags/options.js";
import type { OutputFolder } from "./output-folder.js";
import { digestsOf } from "./result-digests.js";
import { predict, probabilitiesOf, topClasses } from "../../model/predictions.js";
import type { BoxCorners, Detection } from "../../target/detection.js";
import { labelOf, nameOfClass } from "../../target/format.js";
import type { InputSample } from "../input/samples.js";
import { drawPictures, type PictureStyle } from "../commands/explain/draw-pictures.js";
import { formatNumber } from "./tables.js";
import { topCount } from "../../model/choose-target.js";

/** One sample of an explanation, with the contents of its files. */
export interface Finding {
  readonly name: string;
  readonly provenance: Provenance;
  readonly explanation: Explanation;
  /** The sample's place in the explanation. */
  readonly at: number;
  readonly rank?: number;
  readonly seconds: number;
  readonly sample: InputSample;
  /** The rectangle of the sample's ground that the network sees. */
  readonly frame: ViewFrame | undefined;
  readonly style: PictureStyle;
  readonly labels: Labels | undefined;
  readonly batchNorm: BatchNormCase;
  /** Maps a point of the network's input to the picture. */
  readonly inPicture?: PointMap;
  /** The output holds one score for each class. */
  readonly isClassifier: boolean;
}

/** How many of the largest terms a manifest lists. */
const listedTerms = 10;

/**
 * Writes map, attribution, pictures and manifest of one sample. A map with a number that is not finite has no pictures;
 * a vector has no map.
 */
export async function writeExplanation(folder: OutputFolder, finding: Finding): Promise<Manifest> {
  const { name, explanation, at } = finding;
  const map = mapOf(explanation, at);
  const all =
    explanation.samples[at]!.target === "all" ? allMapsOf(explanation.map, at) : undefined;
  const isVector = map.dims.length === 0;
  const attribution = explanation.attribution && attributionOf(explanation.attribution, finding);
  const outcome = outcomeOf(finding, explanation.samples[at]!);
  const { detection } = explanation.samples[at]!;
  const { problem, ...pictures } = await drawPictures({
    ...{ name, map, sample: finding.sample, frame: finding.frame, style: finding.style },
    ...{ image: finding.provenance.image, box: detection?.box },
    caption: captionOf({ ...finding.provenance, ...outcome }),
  });
  const files: ResultFiles = {
    ...(isVector ? {} : { map: all ? `${name}.maps.npy` : `${name}.map.npy` }),
    ...(pictures.overlay ? { overlay: `${name}.overlay.png` } : {}),
    ...(pictures.heatmap ? { heatmap: `${name}.heatmap.png` } : {}),
    ...(attribution ? { attribution: `${name}.attribution.npy` } : {}),
    manifest: manifestName(name),
  };
  const contents: [string, Uint8Array | string][] = [];
  if (files.map) contents.push([files.map, encodeNpy(all ?? map)]);
  if (files.overlay) contents.push([files.overlay, pictures.overlay!]);
  if (files.heatmap) contents.push([files.heatmap, pictures.heatmap!]);
  if (files.attribution) contents.push([files.attribution, encodeNpy(attribution!)]);
  const manifest: Manifest = {
    ...finding.provenance,
    ...outcome,
    complete: outcome.complete && problem === undefined,
    ...(problem === undefined ? {} : { problem }),
    files,
    digests: digestsOf(contents),
  };
  contents.push([files.manifest, `${JSON.stringify(manifest, null, 2)}\n`]);
  folder.write(contents);
  return manifest;
}

/** Drawing settings: blue and red for methods with signed maps. */
export function drawingOf(flags: ExplainFlags): PictureStyle {
  const { method, colormap, opacity, pictureSize, scale, caption, scaleBar, transparent } = flags;
  return {
    colormap: colormap ?? (findMethod(method.method).signed ? "rdbu" : "inferno"),
    ...{ opacity, pictureSize, scale, caption, scaleBar, transparent },
  };
}

/** Class, score and method, below a picture. */
export function captionOf(
  result: Pick<Manifest, "target" | "label" | "score" | "probability" | "input" | "settings">,
): readonly string[] {
  const { target, label, score, probability, input, settings } = result;
  const sure = probability === undefined ? "" : ` (${(probability * 100).toFixed(1)} %)`;
  return [
    `${nameOfClass({ target, label })}${sure}, ${String(settings["quantity"])} ${formatNumber(score)}`,
    `${String(settings["method"])}, ${basename(input.path)}`,
  ];
}

export function manifestName(name: string): string {
  return `${name}.json`;
}

/** The files of a result by their paths. */
export function pathsOf(folder: OutputFolder, files: ResultFiles): ResultFiles {
  const paths = Object.entries(files).map(([key, name]) => [key, join(folder.path, String(name))]);
  return Object.fromEntries(paths) as ResultFiles;
}

/**
 * [H,W] float32 of one sample; [L] or [D,H,W] of an input of one or three dimensions. Of the maps of all classes, that of
 * the highest score.
 */
export function mapOf(
  { map: maps, samples, output }: Pick<Explanation, "map" | "samples" | "output">,
  at: number,
): Tensor<"float32"> {
  const map = sliceBatch(maps, [at]);
  const positions = map.dims.slice(2);
  if (samples[at]!.target !== "all") return float32(positions, toNumbers(map));
  const [best = 0] = topClasses(rowsOf(output, samples.length)[at]!, 1);
  const size = sizeOf(positions);
  return float32(positions, Array.from(toNumbers(map)).slice(best * size, (best + 1) * size));
}

/** [K,…positions of the layer] of one sample. */
function allMapsOf(maps: Tensor, at: number): Tensor<"float32"> {
  const map = sliceBatch(maps, [at]);
  return float32(map.dims.slice(1), toNumbers(map));
}

/** [C,H,W] float32 of one sample, in the shape of the input without its samples. */
function attributionOf(
  attributions: Tensor,
  { explanation: { samples }, at, provenance: { image } }: Finding,
): Tensor<"float32"> {
  // Without an axis for samples, several are on one in front.
  const axis = image?.batch ?? (samples.length > 1 ? 0 : undefined);
  const numbers = Float32Array.from(toNumbers(attributions));
  if (axis === undefined) return float32(attributions.dims, numbers);
  const { dims } = attributions;
  const inner = sizeOf(dims.slice(axis + 1));
  const kept = numbers.filter((_, i) => Math.floor(i / inner) % dims[axis]! === at);
  return float32(dims.toSpliced(axis, 1), kept);
}

/** A detection with its box in the picture. */
function reportOf(
  { box: inputBox, class: index, score, from }: Detection,
  { inPicture = (x, y) => [x, y] }: Finding,
): DetectionReport {
  const [left, top, right, bottom] = inputBox;
  const box: BoxCorners = [...inPicture(left, top), ...inPicture(right, bottom)];
  return { class: index, score, box, inputBox, from };
}

function outcomeOf(
  finding: Finding,
  sample: NotedSample,
): Omit<Manifest, keyof Provenance | "files" | "digests"> {
  const { explanation, at, labels, rank, seconds, batchNorm } = finding;
  const { target, versus, score, completeness } = sample;
  const scores = finding.isClassifier
    ? rowsOf(explanation.output, explanation.samples.length)[at]!
    : [];
  // A difference of two scores has no probability.
  const isClass = typeof target === "number" && versus === undefined;
  const probabilities = isClass ? probabilitiesOf(scores) : undefined;
  const terms = sample.terms && termReports(sample.terms);
  const { detection } = sample;
  return {
    target,
    label: labelOf(detection?.class ?? target, labels),
    ...(detection ? { detection: reportOf(detection, finding) } : {}),
    ...(versus === undefined ? {} : { versus, versusLabel: labelOf(versus, labels) }),
    ...(rank === undefined ? {} : { rank }),
    score,
    ...(probabilities
      ? { probability: probabilities.values[Number(target)]!, probabilityFrom: probabilities.from }
      : {}),
    top5: predict(scores, labels, topCount),
    ...(completeness ? { completeness } : {}),
    complete: !completeness || isComplete(completeness),
    ...(sample.info ? { info: sample.info } : {}),
    notes: sample.notes,
    seconds,
    ...(terms ? { largestTerms: largestTerms(terms, listedTerms) } : {}),
    ...(terms && completeness ? { leftOut: leftOut(terms, completeness.mass) } : {}),
    batchNorm,
  };
}
