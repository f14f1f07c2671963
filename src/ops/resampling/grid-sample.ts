import { spatialAxes } from "../core/axis-mapping.js";
import { int, text } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { sizeOf, staticShape } from "../../tensor/shape.js";
import { int64 } from "../../tensor/tensor.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

interface GridAttrs {
  readonly mode: "bilinear" | "linear" | "nearest" | "bicubic" | "cubic";
  readonly padding: "zeros" | "border" | "reflection";
  readonly alignCorners: boolean;
}

/** One of the pixels that an output reads along one axis, and with which weight. */
interface Neighbour {
  /** Pixel numbers as floats, inside the image. */
  readonly at: Value;
  readonly weight: Value;
}

// y[n, :, i] = x[n, :, grid[n, i]] between the pixels: linear in x for a given grid, no bias.
// dx adds dy, times the weight of each pixel that was read, at that pixel.
const gridSample: OpSpec<GridAttrs> = {
  type: "GridSample",
  since: 16,
  arity: [2, 2],
  role: "resampling",
  axes: spatialAxes,
  reads: { places: [1] },
  newer: true,
  attrs: (a) => ({
    mode: a.word("mode", ["bilinear", "linear", "nearest", "bicubic", "cubic"], "bilinear"),
    padding: a.word("padding_mode", ["zeros", "border", "reflection"], "zeros"),
    alignCorners: a.flag("align_corners"),
  }),
  infer: (n) => {
    if (n.rank() < 3 || n.rank(1) !== n.rank()) {
      throw n.error(`an image of rank ${n.rank()} and a grid of rank ${n.rank(1)}`);
    }
    return [n.like([...n.shape().slice(0, 2), ...n.shape(1).slice(1, -1)])];
  },
  definition: (b, n) => [sampled(b, n)],
  vjp: (b, n, [dy]) => [() => imageGradient(b, n, dy!), "constant"],
  bias: () => "none",
};

/** The pixels that the outputs read, flat, and with which weight: [N, points] each. */
function pixelsOf(b: GraphBuilder, n: NodeView<GridAttrs>): Neighbour[] {
  const extents = staticShape(n.shape().slice(2), `the image of "${n.name}"`);
  // The last coordinate of the grid runs along the first spatial axis.
  const perAxis = extents.map((extent, axis) =>
    neighbours(b, n, extent, extents.length - 1 - axis),
  );
  return perAxis.reduce((all, axis, k) =>
    all.flatMap((c) =>
      axis.map(({ at, weight }) => ({
        at: b.add(b.mulScalar(c.at, extents[k]!), at),
        weight: b.mul(c.weight, weight),
      })),
    ),
  );
}

/** Numbers of pixels and of points. */
function counts(n: NodeView<GridAttrs>): { channels: number; area: number; points: number } {
  const [channels, ...extents] = staticShape(n.shape().slice(1), `the image of "${n.name}"`);
  const places = staticShape(n.shape(1).slice(1, -1), `the grid of "${n.name}"`);
  return { channels: channels!, area: sizeOf(extents), points: sizeOf(places) };
}

function sampled(b: GraphBuilder, n: NodeView<GridAttrs>): Value {
  const { channels, area, points } = counts(n);
  const [batch] = staticShape(n.shape().slice(0, 1), `the image of "${n.name}"`);
  // A row of channels for each pixel of the batch.
  const image = b.reshape(n.x(), [batch!, channels, area]);
  const rows = b.reshape(b.transpose(image, [0, 2, 1]), [batch! * area, channels], "pixels");
  const starts = Array.from({ length: batch! }, (_, i) => i * area);
  const first = b.constant(int64(starts, [batch!, 1]), "starts");
  const shares = pixelsOf(b, n).map(({ at, weight }) => {
    const places = b.add(b.cast(b.reshape(at, [batch!, points]), "int64"), first);
    const read = b.op("Gather", [rows, b.reshape(places, [batch! * points])], { axis: int(0) });
    return b.mul(read, b.reshape(weight, [batch! * points, 1]));
  });
  const sum = b.reshape(
    shares.reduce((p, q) => b.add(p, q)),
    [batch!, points, channels],
  );
  return b.reshape(b.transpose(sum, [0, 2, 1]), n.y().fact.shape);
}

function imageGradient(b: GraphBuilder, n: NodeView<GridAttrs>, dy: Value): Value {
  const { channels, area, points } = counts(n);
  const corners = pixelsOf(b, n);
  const rows = b.op("Reshape", [dy, b.ints([0, channels, points])]);
  const line = (v: Value): Value => b.op("Reshape", [v, b.ints([0, 1, points])]);
  const shares = corners.map((c) => b.mul(rows, line(c.weight)));
  const pixels = corners.map((c) => b.expandLike(b.cast(line(c.at), "int64"), rows));
  const zeros = b.op("Reshape", [b.zerosLike(n.x()), b.ints([0, channels, area])]);
  const inputs = [zeros, b.concat(pixels, 2, "pixels"), b.concat(shares, 2, "shares")];
  const attributes = { axis: int(2), reduction: text("add") };
  return b.reshapeLike(b.op("ScatterElements", inputs, attributes, "dx/flat"), n.x(), "dx");
}

function neighbours(
  b: GraphBuilder,
  n: NodeView<GridAttrs>,
  extent: number,
  coordinate: number,
): Neighbour[] {
  const { mode, alignCorners } = n.attrs;
  const last = n.rank(1) - 1;
  const grid = b.slice(n.x(1), [last], [coordinate], [coordinate + 1]);
  // −1 and 1 are the centres of the outermost pixels, or their outer edges.
  const denormalized = alignCorners
    ? b.mulScalar(b.addScalar(grid, 1), (extent - 1) / 2)
    : b.mulScalar(b.addScalar(b.mulScalar(b.addScalar(grid, 1), extent), -1), 0.5);
  if (mode === "bicubic" || mode === "cubic") {
    const low = b.op("Floor", [denormalized]);
    const fraction = b.sub(denormalized, low);
    return [-1, 0, 1, 2].map((k) => {
      const distance = b.op("Abs", [b.addScalar(fraction, -k)]);
      const pixel = inside(b, n, b.addScalar(low, k), extent);
      return neighbour(b, pixel, cubic(b, distance, k === 0 || k === 1), extent);
    });
  }
  const position = inside(b, n, denormalized, extent);
  if (mode === "nearest") {
    const pixel = b.op("Round", [position]);
    return [neighbour(b, pixel, b.addScalar(b.mulScalar(pixel, 0), 1), extent)];
  }
  const low = b.op("Floor", [position]);
  const fraction = b.sub(position, low);
  return [
    neighbour(b, low, b.sub(b.scalar(1, fraction), fraction), extent),
    neighbour(b, b.addScalar(low, 1), fraction, extent),
  ];
}

/** Keys' cubic convolution kernel with a = −3/4, at distances up to 1 (near), or from 1 to 2. */
function cubic(b: GraphBuilder, distance: Value, near: boolean): Value {
  const a = -0.75;
  const factors = near ? [a + 2, -(a + 3), 0, 1] : [a, -5 * a, 8 * a, -4 * a];
  const [third, ...rest] = factors as [number, ...number[]];
  const highest = b.mulScalar(distance, third);
  return rest.reduce(
    (sum, factor, i) => b.addScalar(i === 0 ? sum : b.mul(sum, distance), factor),
    highest,
  );
}

/** A pixel outside of the image is not read. */
function neighbour(b: GraphBuilder, pixel: Value, weight: Value, extent: number): Neighbour {
  const [first, final] = [b.scalar(0, pixel), b.scalar(extent - 1, pixel)];
  const at = b.op("Clip", [pixel, first, final]);
  return { at, weight: b.where(b.op("Equal", [at, pixel]), weight, b.scalar(0, weight)) };
}

/** The position with the padding applied: clamped to the image, or reflected at its border. */
function inside(b: GraphBuilder, n: NodeView<GridAttrs>, position: Value, extent: number): Value {
  const { padding, alignCorners } = n.attrs;
  if (padding === "zeros") return position;
  let within = position;
  if (padding === "reflection") {
    const [low, span] = alignCorners ? [0, extent - 1] : [-0.5, extent];
    // A triangle wave of period 2·span: span − |((p − low) mod 2·span) − span|.
    const distance = b.addScalar(position, -low);
    const period = 2 * Math.max(span, 1);
    const turns = b.op("Floor", [b.mulScalar(distance, 1 / period)]);
    const phase = b.sub(distance, b.mulScalar(turns, period));
    const wave = b.op("Abs", [b.addScalar(phase, -span)]);
    within = b.addScalar(b.neg(wave), span + low);
  }
  return b.op("Clip", [within, b.scalar(0, within), b.scalar(extent - 1, within)]);
}

export const gridSampling: readonly OpSpec[] = [gridSample];
