import { colorsOf } from "../src/image/colormap.js";
import { displayRange } from "../src/image/color-scale.js";
import { defaultOpacity, grounds, saturation } from "../src/image/overlay.js";
import { int } from "../src/onnx/attribute.js";
import type { GraphBuilder } from "../src/onnx/builder.js";
import type { Value } from "../src/onnx/ir.js";
import { staticShape } from "../src/tensor/shape.js";
import { float32, int64 } from "../src/tensor/tensor.js";

/**
 * What `overlay` draws, as graph: the map in colours over the picture, dimmed and nearly grey. [N,H,W,3] uint8
 *
 * @param map [N,1,H,W] of fixed height and width
 * @param view [N,H,W,3] float32 with levels from 0 to 255
 */
export function emitOverlay(b: GraphBuilder, map: Value, view: Value): Value {
  const [batch] = map.fact.shape;
  const [height, width] = staticShape(map.fact.shape.slice(2), "an overlay") as [number, number];
  const rows = b.reshape(map, [batch!, height * width], "rows");
  const heat = emitHeat(b, rows, height * width);

  const colors = b.constant(float32([256, 3], colorsOf("inferno")), "colors");
  const level = b.op("Floor", [b.shift(b.scale(heat, 255), 0.5)], {}, "level");
  const color = b.op("Gather", [colors, b.cast(level, "int64")], { axis: int(0) }, "color");
  const hot = b.reshape(color, [batch!, height, width, 3], "hot");

  const luma = b.constant(float32([3, 1], [0.299, 0.587, 0.114]), "luma_weights");
  const grey = b.matmul(view, luma, "grey");
  const pale = b.add(grey, b.scale(b.sub(view, grey), saturation), "pale");
  const photograph = b.scale(pale, grounds.sequential.strength, "photograph");

  const alpha = b.reshape(b.scale(heat, defaultOpacity), [batch!, height, width, 1], "alpha");
  const rest = b.sub(b.scalar(1, alpha), alpha);
  const blend = b.add(b.mul(rest, photograph), b.mul(alpha, hot), "blend");
  const rounded = b.op("Round", [blend]);
  const clipped = b.op("Clip", [rounded, b.scalar(0, blend), b.scalar(255, blend)]);
  return b.cast(clipped, "uint8", "rgb");
}

/** Values of each sample as shares of the way between two of its quantiles, in [0, 1]; 0 where those coincide. [N,P] */
function emitHeat(b: GraphBuilder, rows: Value, places: number): Value {
  const [from, to] = displayRange.map((quantile) => Math.round(quantile * (places - 1)));
  const low = emitRanked(b, rows, from! + 1, 0, "low");
  const high = emitRanked(b, rows, places - to!, 1, "high");
  const range = b.sub(high, low, "range");
  const isWide = b.greater(range, 0);
  const divisor = b.where(isWide, range, b.scalar(1, range));
  const share = b.div(b.sub(rows, low), divisor, "share");
  const clipped = b.op("Clip", [share, b.scalar(0, share), b.scalar(1, share)]);
  return b.keep(clipped, isWide, "heat");
}

/** The k-th smallest (or largest) number of each row, [N,1]. */
function emitRanked(b: GraphBuilder, rows: Value, k: number, largest: 0 | 1, hint: string): Value {
  const order = { axis: int(1), largest: int(largest), sorted: int(1) };
  const [values] = b.call("TopK", [rows, b.ints([k])], order, {
    outputs: 2,
    hint: `${hint}_ranks`,
  });
  const last = b.constant(int64([k - 1]));
  return b.op("Gather", [values, last], { axis: int(1) }, hint);
}
