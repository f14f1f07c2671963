import { ints } from "../../onnx/attribute.js";
import { checkMade, fromNumbers } from "../../tensor/tensor.js";
import { byDefinition } from "../core/by-definition.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import {
  positions,
  span,
  windowAttributes,
  windowAttrs,
  windowAxes,
  type Axis,
  type WindowAttrs,
} from "./window.js";

interface Blocks {
  readonly channels: number;
  /** Extents of the image, and the number of blocks along each axis. */
  readonly image: readonly number[];
  readonly counts: readonly number[];
  readonly axes: readonly Axis[];
}

function blocksOf(n: NodeView<WindowAttrs>): Blocks {
  const [image, block] = [n.numbers(1), n.numbers(2)];
  const [, rows, columns] = n.shape();
  if (n.rank() !== 3 || typeof rows !== "number") {
    throw n.error(`input [${n.shape().join(",")}] must be [N, C·block, L] with a fixed C`);
  }
  const axes = windowAxes(n, n.attrs, block, image);
  const counts = axes.map((axis, i) => Number(positions(n, axis, image[i]!)));
  const [size, count] = [block, counts].map((list) => list.reduce((p, d) => p * d, 1));
  if (rows % size! !== 0 || (typeof columns === "number" && columns !== count)) {
    const fit = `${count!} columns with a multiple of ${size!} elements each`;
    throw n.error(`image [${image.join(",")}] needs ${fit}, not [${rows},${columns!}]`);
  }
  return { channels: rows / size!, image, counts, axes };
}

// Sums overlapping columns at their image positions (torch.nn.Fold): a transposed convolution with one kernel per block
// element, 1 at that element and 0 elsewhere.
const col2Im: OpSpec<WindowAttrs> = byDefinition({
  type: "Col2Im",
  since: 18,
  arity: [3, 3],
  role: "folding",
  attrs: windowAttrs,
  infer: (n) => {
    const { channels, image } = blocksOf(n);
    return [n.like([n.shape()[0]!, channels, ...image])];
  },
  definition: (b, n) => {
    const { channels, image, counts, axes } = blocksOf(n);
    const kernel = axes.map((axis) => axis.kernel);
    const size = kernel.reduce((p, k) => p * k, 1);
    const dims = [channels * size, 1, ...kernel];
    checkMade(dims, `for Col2Im (node "${n.name}") kernels`);
    const ones = new Float32Array(channels * size * size);
    for (let row = 0; row < channels * size; row++) ones[row * size + (row % size)] = 1;
    const weight = b.constant(fromNumbers(n.x().fact.dtype, dims, ones), "kernels");
    const columns = b.reshape(n.x(), [n.shape()[0]!, channels * size, ...counts], "columns");
    const rest = axes.map(
      (a, i) => image[i]! + a.begin + a.end - span(a) - (counts[i]! - 1) * a.stride,
    );
    const attributes = { ...windowAttributes(axes, channels), output_padding: ints(rest) };
    return [b.op("ConvTranspose", [columns, weight], attributes, "image")];
  },
});

export const columnsToImage: readonly OpSpec[] = [col2Im];
