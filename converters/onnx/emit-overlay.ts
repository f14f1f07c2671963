import { displayRange } from "../../src/draw/color-scale.js";
import { colorsOf } from "../../src/draw/colormap.js";
import { defaultOpacity, grounds, saturation } from "../../src/draw/overlay.js";
import { int } from "../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../src/onnx/builder.js";
import type { Value } from "../../src/onnx/ir.js";
import { staticShape } from "../../src/tensor/shape.js";
import { float32, int64 } from "../../src/tensor/tensor.js";

/** Drawing parameters of each map position; all [N,P], or [N,1] if constant over a sample. */
interface Drawing {
  /** Row of the colour table. */
  readonly level: Value;
  /** Opacity of the colour, 0 to 1. */
  readonly heat: Value;
  /** The level that the photograph fades to, and the fraction of it that remains. */
  readonly paper: Value;
  readonly strength: Value;
}

/**
 * Emits `overlay` as nodes: the coloured map over the muted, nearly grey picture. Returns [N,H,W,3] uint8.
 *
 * @param map [N,1,H,W] of fixed height and width
 * @param view [N,H,W,3] float32 with levels from 0 to 255
 * @param signed whether the map may have negative values; a sample with negative values is drawn in blue and red
 */
export function emitOverlay(b: GraphBuilder, map: Value, view: Value, signed: boolean): Value {
  const [batch] = map.fact.shape;
  const [height, width] = staticShape(map.fact.shape.slice(2), "an overlay") as [number, number];
  const places = height * width;
  const rows = b.reshape(map, [batch!, places], "rows");
  const plain = emitSequential(b, rows, places);
  const drawing = signed ? emitEither(b, rows, plain, emitDiverging(b, rows, places)) : plain;

  const table = [...colorsOf("inferno"), ...(signed ? colorsOf("rdbu") : [])];
  const colors = b.constant(float32([table.length / 3, 3], table), "colors");
  const row = b.cast(drawing.level, "int64");
  const color = b.op("Gather", [colors, row], { axis: int(0) }, "color");
  const hot = b.reshape(color, [batch!, height, width, 3], "hot");

  const luma = b.constant(float32([3, 1], [0.299, 0.587, 0.114]), "luma_weights");
  const grey = b.matmul(view, luma, "grey");
  const muted = b.add(grey, b.mulScalar(b.sub(view, grey), saturation), "muted");
  const [paper, strength] = [drawing.paper, drawing.strength].map((v) => {
    return v.fact.shape.length === 2 ? b.reshape(v, [batch!, 1, 1, 1]) : v;
  }) as [Value, Value];
  const photograph = b.add(paper, b.mul(strength, b.sub(muted, paper)), "photograph");

  const share = b.mulScalar(drawing.heat, defaultOpacity);
  const alpha = b.reshape(share, [batch!, height, width, 1], "alpha");
  const rest = b.sub(b.scalar(1, alpha), alpha);
  const blend = b.add(b.mul(rest, photograph), b.mul(alpha, hot), "blend");
  return b.cast(clip(b, b.op("Round", [blend]), 0, 255), "uint8", "rgb");
}

/** The scale between two quantiles. */
function emitSequential(b: GraphBuilder, rows: Value, places: number): Drawing {
  const [from, to] = displayRange.map((quantile) => Math.round(quantile * (places - 1)));
  const low = emitRanked(b, rows, from! + 1, 0, "low");
  const high = emitRanked(b, rows, places - to!, 1, "high");
  const heat = emitShare(b, b.sub(rows, low), b.sub(high, low), 0, "heat");
  const { paper, strength } = grounds.sequential;
  return {
    ...{ level: emitLevel(b, heat), heat },
    ...{ paper: b.scalar(paper, rows), strength: b.scalar(strength, rows) },
  };
}

/** The scale from −q to q, q the upper quantile of the absolute values; heat is the distance from zero. */
function emitDiverging(b: GraphBuilder, rows: Value, places: number): Drawing {
  const magnitude = b.op("Abs", [rows], {}, "magnitude");
  const rank = places - Math.round(displayRange[1] * (places - 1));
  const limit = emitRanked(b, magnitude, rank, 1, "limit");
  // A scale of extent 0 gets the middle colour, 128 of 255.
  const place = emitShare(b, b.add(rows, limit), b.mulScalar(limit, 2), 128 / 255, "place");
  const { paper, strength } = grounds.diverging;
  return {
    level: b.addScalar(emitLevel(b, place), 256),
    heat: emitShare(b, magnitude, limit, 0, "signed_heat"),
    paper: b.scalar(paper, rows),
    strength: b.scalar(strength, rows),
  };
}

/** The second drawing for samples with negative values, else the first. */
function emitEither(b: GraphBuilder, rows: Value, plain: Drawing, diverging: Drawing): Drawing {
  const isSigned = b.less(b.min(rows, [1]), 0);
  const either = (key: keyof Drawing): Value => b.where(isSigned, diverging[key], plain[key], key);
  return {
    level: either("level"),
    heat: either("heat"),
    paper: either("paper"),
    strength: either("strength"),
  };
}

/** a / range in [0, 1], or `otherwise` if the range is 0. */
function emitShare(
  b: GraphBuilder,
  a: Value,
  range: Value,
  otherwise: number,
  hint: string,
): Value {
  const isWide = b.greater(range, 0);
  const divisor = b.where(isWide, range, b.scalar(1, range));
  return b.where(isWide, clip(b, b.div(a, divisor), 0, 1), b.scalar(otherwise, a), hint);
}

/** Math.round(share · 255) */
const emitLevel = (b: GraphBuilder, share: Value): Value =>
  b.op("Floor", [b.addScalar(b.mulScalar(share, 255), 0.5)], {}, "level");

const clip = (b: GraphBuilder, v: Value, low: number, high: number): Value =>
  b.op("Clip", [v, b.scalar(low, v), b.scalar(high, v)]);

/** The k-th smallest (or largest) value of each row, [N,1]. */
function emitRanked(b: GraphBuilder, rows: Value, k: number, largest: 0 | 1, hint: string): Value {
  const order = { axis: int(1), largest: int(largest), sorted: int(1) };
  const outputs = { outputs: 2, hint: `${hint}_ranks` };
  const [values] = b.call("TopK", [rows, b.ints([k])], order, outputs);
  const last = b.constant(int64([k - 1]));
  return b.op("Gather", [values, last], { axis: int(1) }, hint);
}
