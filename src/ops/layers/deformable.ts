import { int, ints, text } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { staticShape, type Dim } from "../../tensor/shape.js";
import { checkMade, fromNumbers } from "../../tensor/tensor.js";
import { byDefinition } from "../core/by-definition.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

interface DeformAttrs {
  readonly kernel: readonly number[] | undefined;
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  readonly offsetGroups: number;
}

type View = NodeView<DeformAttrs>;

interface Geometry {
  readonly image: readonly number[];
  readonly kernel: readonly number[];
  readonly output: readonly number[];
  readonly channels: number;
  readonly filters: Dim;
}

function geometryOf(n: View): Geometry {
  const [, channels, ...image] = staticShape(
    [0, ...n.shape().slice(1)],
    `the image of "${n.name}"`,
  );
  const kernel = n.attrs.kernel ?? staticShape(n.shape(1).slice(2), `the weight of "${n.name}"`);
  if (n.rank() !== 4 || n.rank(1) !== 4) throw n.error("only images [N,C,H,W] are supported");
  const { strides, pads, dilations } = n.attrs;
  const output = image.map((extent, i) => {
    const span = dilations[i]! * (kernel[i]! - 1) + 1;
    return Math.floor((extent + pads[i]! + pads[i + 2]! - span) / strides[i]!) + 1;
  });
  return { image, kernel, output, channels: channels!, filters: n.shape(1)[0]! };
}

/**
 * The pixel positions that each kernel element reads before its offset, [1, 2, K, H, W]: y, then x. K is the row-major
 * axis of kernel elements.
 */
function anchors(n: View, { kernel, output }: Geometry): ReturnType<typeof fromNumbers> {
  const { strides, pads, dilations } = n.attrs;
  const [kh, kw] = kernel as [number, number];
  const [h, w] = output as [number, number];
  const dims = [1, 2, kh * kw, h, w];
  checkMade(dims, `for DeformConv (node "${n.name}") positions`);
  const values: number[] = [];
  for (const axis of [0, 1] as const) {
    for (let k = 0; k < kh * kw; k++) {
      const tap = axis === 0 ? Math.floor(k / kw) : k % kw;
      for (let at = 0; at < h * w; at++) {
        const place = axis === 0 ? Math.floor(at / w) : at % w;
        values.push(place * strides[axis]! - pads[axis]! + tap * dilations[axis]!);
      }
    }
  }
  return fromNumbers(n.x().fact.dtype, dims, values);
}

/** The image sampled at positions plus offsets, with one GridSample per offset group: [N·G, C/G, K·H, W]. */
function readings(b: GraphBuilder, n: View, geometry: Geometry): Value {
  const { image, kernel, output, channels } = geometry;
  const groups = n.attrs.offsetGroups;
  const size = kernel.reduce((p, k) => p * k, 1);
  const [h, w] = output as [number, number];
  // Offsets are (y, x) pairs.
  const offsets = b.reshape(n.x(2), [-1, size, 2, h, w].map(whole), "offsets");
  const turned = b.transpose(offsets, [0, 2, 1, 3, 4]);
  const positions = b.add(b.constant(anchors(n, geometry), "anchors"), turned, "positions");
  // Pixel positions to normalized coordinates, where −1 and 1 are the outer edges: (2p + 1)/extent − 1.
  const scale = b.constant(
    fromNumbers(
      n.x().fact.dtype,
      [2, 1, 1, 1],
      image.map((d) => 2 / d),
    ),
  );
  const shift = b.constant(
    fromNumbers(
      n.x().fact.dtype,
      [2, 1, 1, 1],
      image.map((d) => 1 / d - 1),
    ),
  );
  const coordinates = b.add(b.mul(positions, scale), shift, "coordinates");
  // GridSample expects x first.
  const parts = [1, 0].map((axis) => b.slice(coordinates, [1], [axis], [axis + 1]));
  const grid = b.transpose(b.concat(parts, 1), [0, 2, 3, 4, 1], "grid");
  const rows = b.reshape(grid, [-1, size * h, w, 2].map(whole), "grid/rows");
  const picture =
    groups === 1 ? n.x() : b.reshape(n.x(), [-1, channels / groups, ...image].map(whole));
  const attributes = {
    mode: text(n.opset >= 20 ? "linear" : "bilinear"),
    padding_mode: text("zeros"),
  };
  return b.op("GridSample", [picture, rows], attributes, "read");
}

/** −1 as the single open extent of a reshape. */
const whole = (d: number): Dim => (d === -1 ? "rows" : d);

// y = a convolution whose kernel elements read between pixels, each at its own offset, times a mask: GridSample, then a
// Conv over the axis of kernel elements.
const deformConv: OpSpec<DeformAttrs> = byDefinition<DeformAttrs>({
  type: "DeformConv",
  since: 19,
  arity: [3, 5],
  role: "convolution",
  parameters: [undefined, "weight", undefined, "bias"],
  attrs: (a) => ({
    kernel: a.ints("kernel_shape"),
    strides: a.ints("strides") ?? [1, 1],
    pads: a.ints("pads") ?? [0, 0, 0, 0],
    dilations: a.ints("dilations") ?? [1, 1],
    groups: a.int("group", 1),
    offsetGroups: a.int("offset_group", 1),
  }),
  infer: (n) => {
    const { filters, output } = geometryOf(n);
    return [n.like([n.shape()[0]!, filters, ...output])];
  },
  definition: (b, n) => {
    const geometry = geometryOf(n);
    const { kernel, output, channels, filters } = geometry;
    const { groups, offsetGroups } = n.attrs;
    const size = kernel.reduce((p, k) => p * k, 1);
    const area = output.reduce((p, d) => p * d, 1);
    const batch = n.shape()[0]!;
    const read = readings(b, n, geometry);
    const mask = n.optional(4);
    const weighted = mask
      ? b.mul(
          b.reshape(read, [batch, offsetGroups, channels / offsetGroups, size * area]),
          b.reshape(mask, [batch, offsetGroups, 1, size * area]),
          "masked",
        )
      : read;
    const columns = b.reshape(weighted, [batch, channels, size, area], "columns");
    const weight = b.reshape(n.x(1), [filters, n.shape(1)[1]!, size, 1], "weight");
    const attributes = { kernel_shape: ints([size, 1]), group: int(groups) };
    const inputs = [columns, weight, ...(n.optional(3) ? [n.x(3)] : [])];
    const rows = b.op("Conv", inputs, attributes, "rows");
    return [b.reshape(rows, [batch, filters, ...output], "y")];
  },
});

export const deformable: readonly OpSpec[] = [deformConv];
