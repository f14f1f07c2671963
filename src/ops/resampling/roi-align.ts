import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { divideDims, multiplyDims, staticShape, type Dim } from "../../tensor/shape.js";
import { checkMade, int64 } from "../../tensor/tensor.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { meanWeights, sampleWeights, type RoiAttrs } from "./roi-weights.js";

type View = NodeView<RoiAttrs>;

// y[r] = A_r · x[batch r] · B_rᵀ with weights A_r [bins,H] and B_r [bins,W] that depend on the box alone: the mean of
// interpolated samples, linear in x. With mode "max" the rows of A and B select pixels of samples, and y is the largest
// product of a bin, as in ONNX Runtime. dx = Σ_r A_rᵀ · dy[r] · B_r. As in torchvision, boxes have no gradient.
const roiAlign: OpSpec<RoiAttrs> = {
  type: "RoiAlign",
  since: 16,
  arity: [3, 3],
  role: "resampling",
  axes: () => ({ kind: "none", image: true }),
  reads: { positions: [1] },
  attrs: (a) => ({
    mode: a.word("mode", ["avg", "max"], "avg"),
    height: a.int("output_height", 1),
    width: a.int("output_width", 1),
    samples: a.int("sampling_ratio", 0),
    scale: a.float("spatial_scale", 1),
    coordinates: a.word(
      "coordinate_transformation_mode",
      ["half_pixel", "output_half_pixel"],
      "half_pixel",
    ),
  }),
  infer: (n) => [n.like([n.shape(1)[0]!, n.shape()[1]!, n.attrs.height, n.attrs.width])],
  definition: (b, n) => {
    const { rows, columns } = weightsOf(b, n);
    const products = sampled(b, n, rows, columns);
    return [n.attrs.mode === "avg" ? products : largest(b, n, products).top];
  },
  vjp: (b, n, [dy]) => [() => imageGradient(b, n, dy!), "integer", "integer"],
  bias: () => "none",
};

/** A and B of all boxes, [R,P,H] and [R,Q,W]. */
function weightsOf(b: GraphBuilder, n: View): { rows: Value; columns: Value } {
  const [height, width] = staticShape(n.shape().slice(2), `the image of "${n.name}"`);
  const { attrs } = n;
  const sizes = [attrs.height, height!, attrs.width, width!, attrs.samples];
  for (const size of sizes) checkMade([size], `for RoiAlign (node "${n.name}") an axis`);
  const weights = attrs.mode === "avg" ? meanWeights : sampleWeights;
  return {
    rows: weights(b, n, { extent: height!, bins: attrs.height, column: 1 }),
    columns: weights(b, n, { extent: width!, bins: attrs.width, column: 0 }),
  };
}

/** 1 where a box belongs to an image of the batch, [R,N]; undefined for a batch of one. */
function ofImage(b: GraphBuilder, n: View): Value | undefined {
  const batch = n.shape()[0]!;
  if (batch === 1) return undefined;
  const numbers =
    typeof batch === "number"
      ? b.ints(Array.from({ length: batch }, (_, i) => i))
      : b.op("Range", [
          b.constant(int64([0], [])),
          b.op("Gather", [b.shapeOf(n.x()), b.constant(int64([0], []))]),
          b.constant(int64([1], [])),
        ]);
  const boxes = b.op("Unsqueeze", [n.x(2), b.ints([1])]);
  return b.mask(b.op("Equal", [b.cast(boxes, "int64"), numbers]), n.x(1));
}

/** A_r · x[batch r] · B_rᵀ, [R,C,P,Q]. */
function sampled(b: GraphBuilder, n: View, rows: Value, columns: Value): Value {
  const [batch, channels, height, width] = n.shape() as [Dim, Dim, Dim, Dim];
  const [boxes, p] = rows.fact.shape as [Dim, Dim];
  const q = columns.fact.shape[1]!;
  const image = ofImage(b, n);
  const wide = image
    ? b.mul(b.op("Unsqueeze", [columns, b.ints([2])]), b.op("Unsqueeze", [image, b.ints([1, 3])]))
    : columns;
  const across = b.reshape(wide, [boxes, q, multiplyDims(batch, width)]);
  const pixels = b.reshape(b.transpose(n.x(), [1, 2, 0, 3]), [
    1,
    multiplyDims(channels, height),
    multiplyDims(batch, width),
  ]);
  const lines = b.matmul(pixels, b.transpose(across, [0, 2, 1]), "lines");
  const turned = b.transpose(b.reshape(lines, [boxes, channels, height, q]), [0, 2, 1, 3]);
  const bins = b.matmul(rows, b.reshape(turned, [boxes, height, multiplyDims(channels, q)]));
  return b.transpose(b.reshape(bins, [boxes, p, channels, q]), [0, 2, 1, 3], "bins");
}

/** The transpose of {@link sampled}: Σ_r A_rᵀ · g[r] · B_r, [N,C,H,W]. */
function scattered(b: GraphBuilder, n: View, g: Value, rows: Value, columns: Value): Value {
  const [batch, channels, height, width] = n.shape() as [Dim, Dim, Dim, Dim];
  const [boxes, p] = rows.fact.shape as [Dim, Dim];
  const count = multiplyDims(boxes, p);
  const wide = b.op("Unsqueeze", [columns, b.ints([1])]);
  const lines = b.matmul(b.transpose(g, [0, 2, 1, 3]), wide, "dx/lines");
  const flat = b.reshape(lines, [count, multiplyDims(channels, width)]);
  const image = ofImage(b, n);
  const tall = b.op("Unsqueeze", [rows, b.ints([0])]);
  const own = image
    ? b.mul(tall, b.op("Unsqueeze", [b.transpose(image, [1, 0]), b.ints([2, 3])]))
    : tall;
  const down = b.transpose(b.reshape(own, [batch, count, height]), [0, 2, 1]);
  const pixels = b.reshape(b.matmul(down, flat), [batch, height, channels, width]);
  return b.transpose(pixels, [0, 2, 1, 3], "dx");
}

/** The largest product of each bin, along the columns and then along the rows. */
function largest(b: GraphBuilder, n: View, products: Value): Largest {
  const { height, width } = n.attrs;
  const [boxes, channels, p, q] = products.fact.shape as [Dim, Dim, Dim, Dim];
  const columns = b.reshape(products, [boxes, channels, p, width, divideDims(q, width)]);
  const across = b.max(columns, [4], false);
  const rows = b.reshape(across, [boxes, channels, height, divideDims(p, height), width]);
  return { columns, rows, top: b.max(rows, [3], false) };
}

/** Separate products, [R,C,P,w,k] and [R,C,h,m,w], and the maximum of each bin [R,C,h,w]. */
interface Largest {
  readonly columns: Value;
  readonly rows: Value;
  readonly top: Value;
}

function imageGradient(b: GraphBuilder, n: View, dy: Value): Value {
  if (n.shape(1)[0] === 0) return b.zerosLike(n.x(), "dx");
  const { rows, columns } = weightsOf(b, n);
  if (n.attrs.mode === "avg") return scattered(b, n, dy, rows, columns);
  const products = sampled(b, n, rows, columns);
  const parts = largest(b, n, products);
  const down = toLargest(b, parts.rows, 3, dy);
  const across = toLargest(
    b,
    parts.columns,
    4,
    b.reshape(down, products.fact.shape.with(3, n.attrs.width)),
  );
  return scattered(b, n, b.reshape(across, products.fact.shape), rows, columns);
}

/** The gradient of a maximum along an axis, divided equally among ties. */
function toLargest(b: GraphBuilder, parts: Value, axis: number, g: Value): Value {
  const isLargest = b.mask(b.op("Equal", [parts, b.max(parts, [axis])]), g);
  const share = b.div(b.op("Unsqueeze", [g, b.ints([axis])]), b.sum(isLargest, [axis]));
  return b.mul(isLargest, share);
}

export const roiAligns: readonly OpSpec[] = [roiAlign];
