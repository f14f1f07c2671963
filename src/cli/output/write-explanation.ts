import type { ImageAxes } from "../../analysis/image-axes.js";
import { join } from "node:path";
import { rowsOf, sliceBatch } from "../../tensor/batches.js";
import { isComplete } from "../../decomposition/completeness.js";
import type { NotedSample } from "../../methods/core/notes.js";
import { ImageError } from "../../errors.js";
import { encodePng } from "../../image/codec.js";
import type { ColormapName } from "../../draw/colormap.js";
import { drawArray, type Drawings, type InputAxes } from "../../draw/draw-array.js";
import { withBox } from "../../draw/box.js";
import { heatmap, overlay } from "../../draw/overlay.js";
import type { PointMap } from "../../image/preprocess.js";
import type { Raster } from "../../image/raster.js";
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
import { labelOf } from "../../target/format.js";
import { topCount } from "../../model/choose-target.js";

/** One sample of an explanation, and what its files need to know besides. */
export interface Finding {
  readonly name: string;
  readonly provenance: Provenance;
  readonly explanation: Explanation;
  /** The sample's place in the explanation. */
  readonly at: number;
  readonly rank?: number;
  readonly seconds: number;
  readonly view?: Raster;
  /** The sample, as the network takes it. */
  readonly x: Tensor;
  readonly drawing: { readonly colormap: ColormapName; readonly opacity: number };
  readonly labels: Labels | undefined;
  readonly batchNorm: BatchNormCase;
  /** From a point of the network's input to that of the picture. */
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
  const { pictures, problem } = await draw(finding, map);
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
    ...outcomeOf(finding, explanation.samples[at]!, problem),
    files,
    digests: digestsOf(contents),
  };
  contents.push([files.manifest, `${JSON.stringify(manifest, null, 2)}\n`]);
  folder.write(contents);
  return manifest;
}

/** How pictures are coloured: blue and red where a method's maps have both signs. */
export function drawingOf({ method, colormap, opacity }: ExplainFlags): Finding["drawing"] {
  return { colormap: colormap ?? (findMethod(method.method).signed ? "rdbu" : "inferno"), opacity };
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
  const places = map.dims.slice(2);
  if (samples[at]!.target !== "all") return float32(places, toNumbers(map));
  const [best = 0] = topClasses(rowsOf(output, samples.length)[at]!, 1);
  const size = sizeOf(places);
  return float32(places, Array.from(toNumbers(map)).slice(best * size, (best + 1) * size));
}

/** [K,…places of the layer] of one sample. */
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

interface Pictures {
  readonly heatmap?: Uint8Array;
  readonly overlay?: Uint8Array;
}

async function draw(
  finding: Finding,
  map: Tensor<"float32">,
): Promise<{ pictures: Pictures; problem?: string }> {
  try {
    const { heatmap: alone, overlay: over } = drawingsOf(finding, map);
    const pictures = {
      ...(alone ? { heatmap: await encodePng(alone) } : {}),
      ...(over ? { overlay: await encodePng(over) } : {}),
    };
    return { pictures };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return {
      pictures: {},
      problem: `${finding.name}: no picture can be drawn, ${error.message}`,
    };
  }
}

function drawingsOf(
  { view, x, drawing, provenance: { image }, explanation, at }: Finding,
  map: Tensor<"float32">,
): Drawings {
  const { detection } = explanation.samples[at]!;
  if (view) {
    const over = overlay(view, map, drawing);
    const marked = detection ? withBox(over, detection.box) : over;
    return { heatmap: heatmap(map, drawing), overlay: marked };
  }
  return drawArray(map, { x, axes: axesOfImage(x, image) }, drawing);
}

/** Samples, channels, and the axes of a map, under the letters that the model's own input has for them. */
function axesOfImage({ dims }: Tensor, image: ImageAxes | undefined): InputAxes {
  const letters = image?.spatial.map((axis) => image.layout[axis]).join("") ?? "";
  return {
    layout: `NC${letters}`,
    channels: 1,
    spatial: dims.map((_, axis) => axis).slice(2),
  };
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
  problem: string | undefined,
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
    complete: (!completeness || isComplete(completeness)) && problem === undefined,
    ...(sample.info ? { info: sample.info } : {}),
    notes: sample.notes,
    ...(problem === undefined ? {} : { problem }),
    seconds,
    ...(terms ? { largestTerms: largestTerms(terms, listedTerms) } : {}),
    ...(terms && completeness ? { leftOut: leftOut(terms, completeness.mass) } : {}),
    batchNorm,
  };
}
