import { ImageError } from "../errors.js";
import { transpose } from "../tensor/move.js";
import { toNumbers, type Tensor } from "../tensor/tensor.js";
import { colorScale, wholeRange } from "./color-scale.js";
import { heatmap, overlay, type OverlayOptions } from "./overlay.js";
import type { Raster } from "../image/raster.js";
import { signalCurve, signalStrip } from "./signal-curve.js";
import { spectrogramHeatmap, spectrogramOverlay, type SpectralMap } from "./spectrogram.js";
import { channelMean, greyPicture, greyRange, type DrawnInput } from "./underlay.js";
import { videoFrames, volumeCuts, type BlockMap } from "./volume.js";

/** The roles of an input's axes. */
export interface InputAxes {
  /** One letter per axis: N samples, C channels, L length, T time, F frequency, D, H and W of images and volumes. */
  readonly layout: string;
  readonly channels: number | undefined;
  /** The spatial axes, which are the axes of the map. */
  readonly spatial: readonly number[];
}

/** An input other than an image, with the roles of its axes. */
export interface DrawnArray {
  /** The input with the model's axes; only the first sample is drawn. */
  readonly x: Tensor;
  readonly axes: InputAxes;
}

/** A map drawn alone, and over its input if that can be drawn. */
export interface Drawings {
  readonly heatmap?: Raster;
  readonly overlay?: Raster;
}

/**
 * Draws a map according to its rank and the roles of its axes: a signal as a curve, a spectrogram, frames of a video,
 * three sections of a volume. For two image axes the heat map has the map's own size, and a single-channel input is
 * drawn in grey below it. Maps of rank 0 or above 3 are not drawn.
 *
 * @param map […spatial]
 * @throws {ImageError} if the map or a signal has a non-finite value
 */
export function drawArray(
  map: Tensor<"float32">,
  { x, axes }: DrawnArray,
  options: OverlayOptions = {},
): Drawings {
  const letters = axes.spatial.map((axis) => axes.layout[axis] ?? "");
  const isPicture = map.dims.length === 2 && !letters.includes("F");
  if (!isPicture) checkFinite(map);
  const input = inputOf(x, axes);
  const { dims, data } = map;
  if (dims.length === 1) {
    const axis = { name: names[letters[0]!] ?? "position", extent: dims[0]! };
    return {
      heatmap: signalStrip(data, axis, options),
      overlay: signalCurve(data, input, axis, options),
    };
  }
  if (dims.length === 2 && !isPicture) {
    return letters[0] === "F"
      ? drawSpectrogram(dims, data, input, options)
      : drawSpectrogram(dims.toReversed(), turned(data, dims), turnedInput(input, dims), options);
  }
  if (dims.length === 2) {
    const scale = options.scale ?? colorScale([data], options.colormap, wholeRange);
    const alone = heatmap(map, { ...options, scale });
    if (input.channels > 1) return { heatmap: alone };
    const grey = greyPicture(input.data, alone, greyRange(input.data));
    return { heatmap: alone, overlay: overlay(grey, map, options) };
  }
  if (dims.length === 3) {
    const block: BlockMap = { dims: dims as BlockMap["dims"], data };
    const draw = letters[0] === "T" ? videoFrames : volumeCuts;
    return {
      heatmap: draw(block, undefined, options),
      overlay: draw(block, input, options),
    };
  }
  return {};
}

function checkFinite({ dims, data }: Tensor<"float32">): void {
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return;
  const place = dims.map((extent, axis) => {
    const inner = dims.slice(axis + 1).reduce((product, d) => product * d, 1);
    return Math.floor(bad / inner) % extent;
  });
  throw new ImageError(`the map has the value ${data[bad]!} at [${place.join(",")}]`);
}

const names: Readonly<Record<string, string>> = {
  L: "position",
  T: "time step",
  F: "frequency bin",
  P: "patch",
};

function drawSpectrogram(
  [rows = 0, columns = 0]: readonly number[],
  data: Float32Array,
  input: DrawnInput,
  options: OverlayOptions,
): Drawings {
  const map: SpectralMap = {
    data,
    frequency: { name: names["F"]!, extent: rows },
    time: { name: names["T"]!, extent: columns },
  };
  return {
    heatmap: spectrogramHeatmap(map, options),
    overlay: spectrogramOverlay(map, input, options),
  };
}

/** The first sample, with channels first and then the map's axes. */
function inputOf(x: Tensor, { channels, spatial }: InputAxes): DrawnInput {
  const front = channels === undefined ? [] : [channels];
  const rest = x.dims.flatMap((_, axis) =>
    axis === channels || spatial.includes(axis) ? [] : [axis],
  );
  const values = Array.from(toNumbers(x));
  const block = transpose({ dims: x.dims, data: values }, [...rest, ...front, ...spatial]);
  const count = channels === undefined ? 1 : x.dims[channels]!;
  const size = spatial.reduce((product, axis) => product * x.dims[axis]!, count);
  return { channels: count, data: Float32Array.from(block.data.slice(0, size)) };
}

/** Transposes a matrix. */
function turned(data: Float32Array, dims: readonly number[]): Float32Array {
  return Float32Array.from(transpose({ dims, data: Array.from(data) }, [1, 0]).data);
}

const turnedInput = (input: DrawnInput, dims: readonly number[]): DrawnInput => ({
  channels: 1,
  data: turned(channelMean(input), dims),
});
