import type { Preprocessing, Size } from "../../src/image/preprocess.js";
import { int } from "../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../src/onnx/builder.js";
import type { Value } from "../../src/onnx/ir.js";
import type { Shape } from "../../src/tensor/shape.js";
import { float32 } from "../../src/tensor/tensor.js";
import { emitCut, emitResample } from "./emit-resample.js";

/** A picture during preprocessing. */
export interface Preprocessed {
  /** [N,C,H,W] float32, the network's input. */
  readonly x: Value;
  /** [N,H,W,3] float32 with integer levels from 0 to 255, the background of an overlay. */
  readonly view: Value;
}

/** The required size of pictures: any if they are resized or cropped, else the network's. */
export function pictureSize({ resize, crop }: Preprocessing, { height, width }: Size): Shape {
  return resize || crop ? ["height", "width"] : [height, width];
}

/**
 * Emits `preprocess` as nodes: channels, resize, crop, normalization.
 *
 * @param image [N,H,W,3] uint8, RGB
 * @param size size of the network's input
 */
export function emitPreprocessing(
  b: GraphBuilder,
  image: Value,
  settings: Preprocessing,
  size: Size,
): Preprocessed {
  const { resize, crop, channels } = settings;
  const first = b.transpose(image, [0, 3, 1, 2], "channels_first");
  const levels = b.cast(first, "float32", "levels");
  let picture = channels === "luma" ? emitLuma(b, levels) : levels;
  if (resize || crop) picture = emitFitting(b, picture, settings, size);
  const rgb = channels === "luma" ? b.concat([picture, picture, picture], 1, "grey") : picture;
  const ordered =
    channels === "bgr"
      ? b.op("Gather", [picture, b.ints([2, 1, 0])], { axis: int(1) }, "bgr")
      : picture;
  return {
    x: emitNormalization(b, ordered, settings),
    view: b.transpose(rgb, [0, 2, 3, 1], "view"),
  };
}

/** ITU-R 601-2 in Pillow's fixed point. The sums are below 2²⁴, so float32 is exact. [N,1,H,W] */
function emitLuma(b: GraphBuilder, rgb: Value): Value {
  const weights = b.constant(float32([1, 3, 1, 1], [19595, 38470, 7471]), "luma_weights");
  const sum = b.sum(b.mul(rgb, weights), [1], true, "luma_sum");
  return b.op("Floor", [b.mulScalar(b.addScalar(sum, 0x8000), 2 ** -16)], {}, "luma");
}

/** Pillow's resize, horizontal then vertical, of the cropped region. [N,C,size] in integer levels */
function emitFitting(
  b: GraphBuilder,
  picture: Value,
  { resize, crop, resample }: Preprocessing,
  size: Size,
): Value {
  const from = b.op("Shape", [picture], { start: int(2) }, "size");
  const to = resize ? emitSize(b, from, resize) : from;
  const wanted = b.ints([size.height, size.width]);
  const begin = crop ? emitOffsets(b, b.sub(to, wanted, "crop_rest")) : b.ints([0, 0]);
  return ([3, 2] as const).reduce((v, axis) => {
    const of = (pair: Value): Value => b.slice(pair, [0], [axis - 2], [axis - 1]);
    const count = axis === 2 ? size.height : size.width;
    const at = b.within(axis === 2 ? "preprocess/down" : "preprocess/across");
    const cut = { axis, from: of(from), to: of(to), begin: of(begin), count };
    return resize ? emitResample(at, v, cut, resample) : emitCut(at, v, cut);
  }, picture);
}

/**
 * Height and width after the resize; for a shortest edge e, torchvision's Resize(e): ⌊e·[h,w] / min(h,w)⌋. int64 [2]
 */
function emitSize(b: GraphBuilder, size: Value, to: NonNullable<Preprocessing["resize"]>): Value {
  if (!("shortestEdge" in to)) return b.ints([to.height, to.width]);
  return b.div(b.mulScalar(size, to.shortestEdge), b.min(size, [0]), "resized_size");
}

/**
 * The offset of torchvision's CenterCrop. For a margin r ≥ 0, Python's round(r / 2), halves to even:
 * q + (r − 2q)·(q mod 2) with q = ⌊r / 2⌋. If the picture is too small, −⌊−r / 2⌋: black pixels come first.
 */
function emitOffsets(b: GraphBuilder, rest: Value): Value {
  const [none, two] = [b.ints([0]), b.ints([2])];
  const over = b.op("Max", [rest, none], {}, "crop_over");
  const missing = b.op("Max", [b.neg(rest), none], {}, "crop_missing");
  const q = b.div(over, two);
  const isOdd = b.sub(q, b.mul(b.div(q, two), two));
  const middle = b.add(q, b.mul(b.sub(over, b.mul(q, two)), isOdd));
  return b.sub(middle, b.div(missing, two), "crop_begin");
}

/** (byte · rescale − mean) / std. A rescale of 1/n is emitted as a division by n, rounded as in `preprocess`. */
function emitNormalization(
  b: GraphBuilder,
  v: Value,
  { rescale, mean, std }: Preprocessing,
): Value {
  const divisor = Math.round(1 / rescale);
  const isDivision = 1 / divisor === rescale;
  const scaled = isDivision
    ? b.div(v, b.scalar(divisor, v), "rescale")
    : b.mul(v, b.scalar(rescale, v), "rescale");
  const vector = (values: readonly number[], hint: string): Value =>
    b.constant(float32([1, values.length, 1, 1], values), hint);
  return b.div(b.sub(scaled, vector(mean, "mean"), "center"), vector(std, "std"), "normalize");
}
