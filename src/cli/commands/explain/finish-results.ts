import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { colorScale, type ColorScale } from "../../../draw/color-scale.js";
import { heatmap } from "../../../draw/overlay.js";
import { enlarge } from "../../../draw/picture/picture-size.js";
import { encodePng } from "../../../image/codec.js";
import { labelOf } from "../../../target/format.js";
import { decodeNpy, encodeNpy } from "../../../tensor/npy.js";
import { float32, toNumbers, type Tensor } from "../../../tensor/tensor.js";
import { readInput } from "../../input/inputs.js";
import { frameInGround, readSamples, type InputSample } from "../../input/samples.js";
import { drawPictures, type PictureStyle } from "./draw-pictures.js";
import type { Manifest } from "../../output/manifest.js";
import { digestsOf } from "../../output/result-digests.js";
import type { ExplainResult } from "../../output/results.js";
import { captionOf, drawingOf } from "../../output/write-explanation.js";
import type { ExplainSetup } from "./explain-batch.js";

/** Steps that need the maps of all results: drawing with a shared scale, and means. */
export async function finishResults(
  setup: ExplainSetup,
  results: readonly ExplainResult[],
): Promise<void> {
  const { flags, reporter } = setup;
  if (flags.scale === "shared") await drawShared(setup, results);
  if (flags.aggregate === undefined) return;
  const aggregates = await writeMeans(setup, results);
  reporter.addToDocument({ aggregates });
}

/** The map of a result; undefined if it has none, or one for each class. */
function mapOfResult({ files, target }: ExplainResult): Tensor<"float32"> | undefined {
  if (files.map === undefined || target === "all") return undefined;
  const map = decodeNpy(readFileSync(files.map), files.map);
  return float32(map.dims, toNumbers(map));
}

/** Draws the pictures of all results anew, with the widest range of any of their scales. */
async function drawShared(setup: ExplainSetup, results: readonly ExplainResult[]): Promise<void> {
  const style = drawingOf(setup.flags);
  const scale = sharedScale(results, style);
  if (!scale) return;
  let read: { readonly path: string; readonly samples: readonly InputSample[] } | undefined;
  for (const result of results) {
    setup.signal.throwIfAborted();
    const map = mapOfResult(result);
    if (!map) continue;
    const { input: path, sample: index } = result;
    if (read?.path !== path) {
      read = { path, samples: await readSamples(await readInput(path), path, setup.reader) };
    }
    const sample = read.samples.find((s) => s.index === index);
    if (sample) await redraw(setup, { result, map, sample, scale, style });
  }
}

interface Redrawn {
  readonly result: ExplainResult;
  readonly map: Tensor<"float32">;
  readonly sample: InputSample;
  readonly scale: ColorScale;
  readonly style: PictureStyle;
}

async function redraw(
  { folder, reader, model }: ExplainSetup,
  { result, map, sample, scale, style }: Redrawn,
): Promise<void> {
  const name = basename(result.files.manifest);
  const manifest = JSON.parse(folder.read(name)!) as Manifest;
  const pictures = await drawPictures({
    ...{ name, map, sample, scale, style },
    frame: frameInGround(sample, reader),
    image: model.inspection.image,
    box: manifest.detection?.inputBox,
    caption: captionOf(manifest),
  });
  const contents: [string, Uint8Array | string][] = [];
  if (manifest.files.overlay && pictures.overlay) {
    contents.push([manifest.files.overlay, pictures.overlay]);
  }
  if (manifest.files.heatmap && pictures.heatmap) {
    contents.push([manifest.files.heatmap, pictures.heatmap]);
  }
  const digests = { ...manifest.digests, ...digestsOf(contents) };
  contents.push([name, `${JSON.stringify({ ...manifest, digests }, null, 2)}\n`]);
  folder.write(contents);
}

function sharedScale(
  results: readonly ExplainResult[],
  { colormap }: PictureStyle,
): ColorScale | undefined {
  let shared: ColorScale | undefined;
  for (const result of results) {
    const map = mapOfResult(result);
    if (!map) continue;
    const { low, high } = colorScale([map.data], colormap);
    shared = {
      colormap,
      low: Math.min(low, shared?.low ?? low),
      high: Math.max(high, shared?.high ?? high),
    };
  }
  return shared;
}

/** A mean of maps, as --json has it. */
interface Aggregate {
  readonly target?: number | string;
  readonly label?: string | null;
  /** Maps in the mean. */
  readonly count: number;
  readonly files: { readonly map: string; readonly heatmap?: string };
}

interface Sum {
  readonly dims: readonly number[];
  readonly target: number | string;
  readonly values: Float64Array;
  count: number;
}

/** Writes the elementwise means of maps of one size: of all, or of those of one class. */
async function writeMeans(
  { folder, flags, labels, reporter }: ExplainSetup,
  results: readonly ExplainResult[],
): Promise<readonly Aggregate[]> {
  const isByClass = flags.aggregate === "by-class";
  const sums = new Map<string, Sum>();
  for (const result of results) {
    const map = mapOfResult(result);
    if (!map?.data.every(Number.isFinite)) continue;
    const { dims, data } = map;
    const name = isByClass ? `class-${String(result.target)}` : "mean";
    const key = `${name.replace(/[^\p{L}\p{N}.,@+-]/gu, "_")}-${dims.join("x")}`;
    const values = new Float64Array(data.length);
    const sum = sums.get(key) ?? { dims, target: result.target, values, count: 0 };
    sums.set(key, sum);
    data.forEach((value, i) => (sum.values[i]! += value));
    sum.count++;
  }
  const aggregates: Aggregate[] = [];
  for (const [key, { dims, target, values, count }] of sums) {
    const map = float32(
      dims,
      values.map((value) => value / count),
    );
    const name = `aggregate.${key}`;
    const contents: [string, Uint8Array][] = [[`${name}.map.npy`, encodeNpy(map)]];
    if (dims.length === 2) {
      const { colormap } = drawingOf(flags);
      const drawn = enlarge(heatmap(map, { colormap }), "auto");
      contents.push([`${name}.heatmap.png`, await encodePng(drawn)]);
    }
    folder.write(contents);
    const [mapFile, heatmapFile] = contents.map(([file]) => `${folder.path}/${file}`);
    const label = labelOf(target, labels);
    aggregates.push({
      ...(isByClass ? { target, label } : {}),
      count,
      files: { map: mapFile!, ...(heatmapFile === undefined ? {} : { heatmap: heatmapFile }) },
    });
    const what = isByClass ? `class ${String(target)}${label === null ? "" : ` ${label}`}` : "all";
    reporter.line(`mean of ${count} maps, ${what} → ${heatmapFile ?? mapFile!}`);
  }
  return aggregates;
}
