import { spatialAxes } from "../core/axis-mapping.js";
import { int, text } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { sizeOf, staticShape } from "../../tensor/shape.js";
import { int64 } from "../../tensor/tensor.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { neighbours, type GridAttrs } from "./grid-neighbours.js";

type View = NodeView<GridAttrs>;

// y[n, :, i] = x[n, :, grid[n, i]], interpolated: linear in x for a given grid, so that J·x = y. dx adds dy · weight at
// each pixel read. dgrid = Σ over channels of dy · Σ over pixels read of pixel · ∂weight/∂grid.
const gridSample: OpSpec<GridAttrs> = {
  type: "GridSample",
  since: 16,
  arity: [2, 2],
  role: "resampling",
  axes: spatialAxes,
  reads: { positions: [1] },
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
  vjp: (b, n, [dy]) => [() => imageGradient(b, n, dy!), () => gridGradient(b, n, dy!)],
  bias: (n) => {
    if (!n.isActive(1)) return "none";
    return {
      kind: "implicit",
      emit: (b) => {
        const moved = gridSlopes(b, n)
          .map((slope, k) => b.mul(slope, coordinate(b, n, k)))
          .reduce((p, q) => b.add(p, q));
        return n.isActive(0) ? b.neg(moved, "bias") : b.sub(n.y(), moved, "bias");
      },
    };
  },
};

/** The pixels read from an image of fixed size, with channels and positions flattened. */
interface Reading {
  readonly channels: number;
  readonly area: number;
  readonly count: number;
  readonly corners: readonly Corner[];
}

/** One of the pixels read for an output, [N,…spatial,1]. */
interface Corner {
  /** Its flat index in the image. */
  readonly at: Value;
  readonly weight: Value;
  /** For each axis of the image, d weight / d grid. */
  readonly slopes: readonly (() => Value)[];
}

function readingOf(b: GraphBuilder, n: View): Reading {
  const [channels, ...extents] = staticShape(n.shape().slice(1), `the image of "${n.name}"`);
  const positions = staticShape(n.shape(1).slice(1, -1), `the grid of "${n.name}"`);
  // The last coordinate of the grid runs along the first spatial axis.
  const perAxis = extents.map((extent, axis) =>
    neighbours(b, n, extent, extents.length - 1 - axis),
  );
  const corners = perAxis.reduce<readonly Corner[]>(
    (all, axis, k) =>
      k === 0
        ? axis.map(({ at, weight, slope }) => ({ at, weight, slopes: [slope] }))
        : all.flatMap((c) =>
            axis.map(({ at, weight, slope }) => ({
              at: b.add(b.mulScalar(c.at, extents[k]!), at),
              weight: b.mul(c.weight, weight),
              slopes: [
                ...c.slopes.map((s) => () => b.mul(s(), weight)),
                () => b.mul(c.weight, slope()),
              ],
            })),
          ),
    [],
  );
  return { channels: channels!, area: sizeOf(extents), count: sizeOf(positions), corners };
}

const line = (b: GraphBuilder, v: Value, count: number): Value =>
  b.op("Reshape", [v, b.ints([0, 1, count])]);

function sampled(b: GraphBuilder, n: View): Value {
  const { channels, area, count, corners } = readingOf(b, n);
  const [batch] = staticShape(n.shape().slice(0, 1), `the image of "${n.name}"`);
  // One row of channels per pixel of the batch.
  const image = b.reshape(n.x(), [batch!, channels, area]);
  const rows = b.reshape(b.transpose(image, [0, 2, 1]), [batch! * area, channels], "pixels");
  const starts = Array.from({ length: batch! }, (_, i) => i * area);
  const first = b.constant(int64(starts, [batch!, 1]), "starts");
  const shares = corners.map(({ at, weight }) => {
    const positions = b.add(b.cast(b.reshape(at, [batch!, count]), "int64"), first);
    const read = b.op("Gather", [rows, b.reshape(positions, [batch! * count])], { axis: int(0) });
    return b.mul(read, b.reshape(weight, [batch! * count, 1]));
  });
  const sum = b.reshape(
    shares.reduce((p, q) => b.add(p, q)),
    [batch!, count, channels],
  );
  return b.reshape(b.transpose(sum, [0, 2, 1]), n.y().fact.shape);
}

function imageGradient(b: GraphBuilder, n: View, dy: Value): Value {
  const { channels, area, count, corners } = readingOf(b, n);
  const rows = b.op("Reshape", [dy, b.ints([0, channels, count])]);
  const shares = corners.map((c) => b.mul(rows, line(b, c.weight, count)));
  const pixels = corners.map((c) => b.expandLike(b.cast(line(b, c.at, count), "int64"), rows));
  const zeros = b.op("Reshape", [b.zerosLike(n.x()), b.ints([0, channels, area])]);
  const inputs = [zeros, b.concat(pixels, 2, "pixels"), b.concat(shares, 2, "shares")];
  const attributes = { axis: int(2), reduction: text("add") };
  return b.reshapeLike(b.op("ScatterElements", inputs, attributes, "dx/flat"), n.x(), "dx");
}

/** ∂y/∂grid for each axis of the image, in the shape of y. */
function gridSlopes(b: GraphBuilder, n: View): readonly Value[] {
  const { channels, area, count, corners } = readingOf(b, n);
  const image = b.op("Reshape", [n.x(), b.ints([0, channels, area])]);
  const rows = b.op("Reshape", [n.y(), b.ints([0, channels, count])]);
  const read = corners.map((c) => {
    const pixels = b.expandLike(b.cast(line(b, c.at, count), "int64"), rows);
    return b.op("GatherElements", [image, pixels], { axis: int(2) }, "read");
  });
  const axes = n.shape().slice(2);
  return axes.map((_, axis) => {
    const parts = corners.map((c, i) => b.mul(read[i]!, line(b, c.slopes[axis]!(), count)));
    return b.reshapeLike(
      parts.reduce((p, q) => b.add(p, q)),
      n.y(),
      "slope",
    );
  });
}

/** The coordinate of the grid along an axis of the image, [N,1,…spatial]. */
function coordinate(b: GraphBuilder, n: View, axis: number): Value {
  const [last, at] = [n.rank(1) - 1, n.rank() - 3 - axis];
  const own = b.slice(n.x(1), [last], [at], [at + 1]);
  return b.transpose(own, [
    0,
    last,
    ...n
      .shape()
      .slice(2)
      .map((_, i) => i + 1),
  ]);
}

function gridGradient(b: GraphBuilder, n: View, dy: Value): Value {
  const last = n.rank(1) - 1;
  const toGrid = [
    0,
    ...n
      .shape()
      .slice(2)
      .map((_, i) => i + 2),
    1,
  ];
  const parts = gridSlopes(b, n).map((slope) =>
    b.transpose(b.sum(b.mul(dy, slope), [1]), toGrid, "dgrid/axis"),
  );
  return b.concat(parts.toReversed(), last, "dgrid");
}

export const gridSampling: readonly OpSpec[] = [gridSample];
