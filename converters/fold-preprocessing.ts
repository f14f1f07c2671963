import { InputError } from "../src/errors.js";
import type { Preprocessing, Size } from "../src/image/preprocess.js";
import { int, ints, float, text } from "../src/onnx/attribute.js";
import type { GraphBuilder, InferNode } from "../src/onnx/builder.js";
import type { Attributes, Value } from "../src/onnx/ir.js";
import type { Registry } from "../src/ops/registry.js";
import type { Shape } from "../src/tensor/shape.js";
import { float32 } from "../src/tensor/tensor.js";

/** A picture on its way into a network. */
export interface Preprocessed {
  /** [N,C,H,W] float32, what the network takes. */
  readonly x: Value;
  /** [N,H,W,3] float32 with whole levels from 0 to 255: what an overlay is drawn on. */
  readonly view: Value;
}

/** Operators whose results here have sizes that only the picture tells. */
const open: ReadonlySet<string> = new Set(["Resize", "Slice", "Pad"]);

/** Facts of nodes, where the size of a picture is not known: the registry's, which wants to know it, for all others. */
export const inferOpen =
  (registry: Registry): InferNode =>
  (node, inputs, opsets) => {
    const [first] = inputs;
    if (!open.has(node.op) || first?.dtype !== "float32") {
      return registry.infer(node, inputs, opsets);
    }
    return [{ dtype: first.dtype, shape: first.shape.map((_, axis) => `${node.name}.${axis}`) }];
  };

/** The size that pictures must have: any, where they are resized or cropped, else the network's. */
export function pictureSize({ resize, crop }: Preprocessing, { height, width }: Size): Shape {
  return resize || crop ? ["height", "width"] : [height, width];
}

/**
 * What `preprocess` does to a picture, as graph: channels, resize, crop, normalization.
 *
 * @param image [N,H,W,3] uint8, RGB
 * @param wanted [N,C,H,W], the network's input
 * @throws {InputError} for a filter that ONNX's Resize does not have
 */
export function emitPreprocessing(
  b: GraphBuilder,
  image: Value,
  settings: Preprocessing,
  wanted: Shape,
): Preprocessed {
  const { resize, crop, resample, channels } = settings;
  const [batch, , height, width] = wanted;
  const first = b.transpose(image, [0, 3, 1, 2], "channels_first");
  const levels = b.cast(first, "float32", "levels");
  let picture = channels === "luma" ? emitLuma(b, levels) : levels;
  if (resize) picture = emitResize(b, picture, resize, resample);
  if (crop) picture = emitCrop(b, picture, crop, !covers(resize, crop));
  const depth = channels === "luma" ? 1 : 3;
  picture = b.reshape(picture, [batch!, depth, height!, width!], "picture");
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

/** ITU-R 601-2 in Pillow's fixed point. The sums are below 2²⁴: float32 has them exactly. [N,1,H,W] */
function emitLuma(b: GraphBuilder, rgb: Value): Value {
  const weights = b.constant(float32([1, 3, 1, 1], [19595, 38470, 7471]), "luma_weights");
  const sum = b.sum(b.mul(rgb, weights), [1], true, "luma_sum");
  return b.op("Floor", [b.scale(b.shift(sum, 0x8000), 2 ** -16)], {}, "luma");
}

/** Attributes of Resize that make it Pillow's filter; all but "nearest" antialias. */
const filters: Partial<Record<Preprocessing["resample"], Attributes>> = {
  nearest: { mode: text("nearest"), nearest_mode: text("round_prefer_ceil") },
  bilinear: { mode: text("linear"), antialias: int(1) },
  bicubic: { mode: text("cubic"), cubic_coeff_a: float(-0.5), antialias: int(1) },
};

/**
 * Pillow's resize: across, then down, and whole levels after each. Without the rounding in between, and with both axes
 * in one Resize, a level in ten would be off by one.
 */
function emitResize(
  b: GraphBuilder,
  picture: Value,
  to: NonNullable<Preprocessing["resize"]>,
  how: Preprocessing["resample"],
): Value {
  const filter = filters[how];
  if (!filter) {
    const known = Object.keys(filters).join(", ");
    throw new InputError(
      `ONNX's Resize has no "${how}" filter, so this preprocessing cannot be folded into the model; ` +
        `${known} can (or leave --preprocess out and preprocess outside)`,
    );
  }
  const size = emitSize(b, picture, to);
  const along = (v: Value, axis: number): Value => {
    const extent = b.slice(size, [0], [axis - 2], [axis - 1], axis === 2 ? "height" : "width");
    const attributes = { ...filter, axes: ints([axis]) };
    const hint = axis === 2 ? "resize_down" : "resize_across";
    const resized = b.op("Resize", [v, undefined, undefined, extent], attributes, hint);
    return how === "nearest" ? resized : emitLevels(b, resized);
  };
  return along(along(picture, 3), 2);
}

/** Rounded as Pillow rounds, halves up, and clamped to bytes. */
function emitLevels(b: GraphBuilder, v: Value): Value {
  const rounded = b.op("Floor", [b.shift(v, 0.5)], {}, "round");
  return b.op("Clip", [rounded, b.scalar(0, v), b.scalar(255, v)], {}, "levels");
}

/** Height and width to resize to. For a shortest edge e: ⌊e·[h,w] / min(h,w)⌋, torchvision's Resize(e). int64 [2] */
function emitSize(
  b: GraphBuilder,
  picture: Value,
  to: NonNullable<Preprocessing["resize"]>,
): Value {
  if (!("shortestEdge" in to)) return b.ints([to.height, to.width]);
  const size = b.op("Shape", [picture], { start: int(2) }, "size");
  return b.div(b.scale(size, to.shortestEdge), b.min(size, [0]), "resized_size");
}

/** True where what was resized is as large as the crop, whatever the picture. */
function covers(resize: Preprocessing["resize"], { height, width }: Size): boolean {
  if (!resize) return false;
  const [h, w] =
    "shortestEdge" in resize
      ? [resize.shortestEdge, resize.shortestEdge]
      : [resize.height, resize.width];
  return h >= height && w >= width;
}

/** The middle of a picture, as torchvision's CenterCrop has it. */
function emitCrop(b: GraphBuilder, picture: Value, crop: Size, maybeSmaller: boolean): Value {
  const wanted = b.ints([crop.height, crop.width]);
  const large = maybeSmaller ? emitBorder(b, picture, wanted) : picture;
  const size = b.op("Shape", [large], { start: int(2) }, "size");
  const begin = emitOffsets(b, b.sub(size, wanted, "crop_rest"));
  const end = b.add(begin, wanted, "crop_end");
  return b.op("Slice", [large, begin, end, b.ints([2, 3])], {}, "crop");
}

/** Black around what is too small; of an odd rest the smaller half comes first. */
function emitBorder(b: GraphBuilder, picture: Value, wanted: Value): Value {
  const size = b.op("Shape", [picture], { start: int(2) }, "size");
  const none = b.ints([0, 0]);
  const missing = b.op("Max", [b.sub(wanted, size), none], {}, "missing");
  const before = b.div(missing, b.ints([2]));
  const pads = b.concat([none, before, none, b.sub(missing, before)], 0, "border");
  return b.op("Pad", [picture, pads], {}, "bordered");
}

/** Python's round(rest / 2), a half to the even neighbour: q + (rest − 2q)·(q mod 2) with q = ⌊rest / 2⌋. */
function emitOffsets(b: GraphBuilder, rest: Value): Value {
  const two = b.ints([2]);
  const q = b.div(rest, two);
  const isOdd = b.sub(q, b.mul(b.div(q, two), two));
  return b.add(q, b.mul(b.sub(rest, b.mul(q, two)), isOdd), "crop_begin");
}

/** (byte · rescale − mean) / std. A rescale of 1/n is a division by n, which float32 rounds as `preprocess` does. */
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
