import { int, ints } from "../../onnx/attribute.js";
import type { Attributes } from "../../onnx/ir.js";
import type { AttributeReader } from "../core/attributes.js";
import type { NodeView } from "../core/node-view.js";
import type { Dim, Shape } from "../../tensor/shape.js";

export type AutoPad = "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";

/** Attributes shared by convolutions and pools, as in the file. */
export interface WindowAttrs {
  readonly kernelShape: readonly number[] | undefined;
  readonly strides: readonly number[] | undefined;
  readonly dilations: readonly number[] | undefined;
  readonly pads: readonly number[] | undefined;
  readonly autoPad: AutoPad;
}

export function windowAttrs(a: AttributeReader): WindowAttrs {
  return {
    kernelShape: a.ints("kernel_shape"),
    strides: a.ints("strides"),
    dilations: a.ints("dilations"),
    pads: a.ints("pads"),
    autoPad: a.word("auto_pad", ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"], "NOTSET"),
  };
}

const convNames = ["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"];

/** The Conv attributes of a node of another operator. */
export const convAttributes = ({ node }: NodeView): Attributes =>
  Object.fromEntries(Object.entries(node.attributes).filter(([key]) => convNames.includes(key)));

/** One spatial axis of a sliding window: output extent, kernel elements `dilation` apart, windows `stride` apart. */
export interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
}

/** Sums and products of larger numbers overflow in ONNX Runtime's kernels, which then read nothing. */
const mostExtent = 2 ** 31 - 1;

/** Extent covered by a dilated kernel. */
export const span = (axis: Axis): number => axis.dilation * (axis.kernel - 1) + 1;

/** The axes of a node's window, with auto_pad resolved into pads. */
export function windowAxes(
  n: NodeView,
  attrs: WindowAttrs,
  kernel: readonly number[],
  spatial: Shape,
): Axis[] {
  const rank = spatial.length;
  const list = (
    name: string,
    values: readonly number[] | undefined,
    length: number,
    fill: number,
  ): readonly number[] => {
    if (values && values.length !== length) {
      throw n.error(`${name} has ${values.length} entries for ${rank} spatial axes`);
    }
    return values ?? new Array<number>(length).fill(fill);
  };
  const kernels = list("kernel_shape", kernel, rank, 1);
  const strides = list("strides", attrs.strides, rank, 1);
  const dilations = list("dilations", attrs.dilations, rank, 1);
  const pads = list("pads", attrs.pads, 2 * rank, 0);
  return kernels.map((k, i) => {
    const axis = { kernel: k, stride: strides[i]!, dilation: dilations[i]!, begin: 0, end: 0 };
    const extents = [k, axis.stride, axis.dilation];
    if (extents.some((e) => e < 1 || e > mostExtent)) {
      throw n.error(
        `kernel ${k}, stride ${axis.stride}, dilation ${axis.dilation}: all must be 1 to ${mostExtent}`,
      );
    }
    if (attrs.autoPad === "NOTSET") return { ...axis, begin: pads[i]!, end: pads[i + rank]! };
    if (attrs.autoPad === "VALID") return axis;
    const extent = spatial[i]!;
    if (typeof extent === "string")
      throw n.error(`auto_pad ${attrs.autoPad} needs a fixed size; give option size`);
    const outputs = Math.ceil(extent / axis.stride);
    const total = Math.max(0, (outputs - 1) * axis.stride + span(axis) - extent);
    const small = Math.floor(total / 2);
    return attrs.autoPad === "SAME_UPPER"
      ? { ...axis, begin: small, end: total - small }
      : { ...axis, begin: total - small, end: small };
  });
}

/** Number of window positions. With `ceil`, a last window may extend beyond the end if it begins inside. */
export function positions(n: NodeView, axis: Axis, extent: Dim, ceil = false): Dim {
  if (typeof extent === "string") {
    const same = axis.stride === 1 && axis.begin + axis.end === span(axis) - 1;
    return same ? extent : `win(${extent},${span(axis)},${axis.stride},${axis.begin + axis.end})`;
  }
  const room = extent + axis.begin + axis.end - span(axis);
  if (room < 0) {
    throw n.error(
      `a window of ${span(axis)} exceeds the extent ${extent} + pads ${axis.begin} + ${axis.end}`,
    );
  }
  if (!ceil) return Math.floor(room / axis.stride) + 1;
  return Math.ceil(room / axis.stride) + (skipsLast(axis, extent) ? 0 : 1);
}

/** Whether, in ceil mode, the last window would begin in the end padding and is skipped. */
export function skipsLast(axis: Axis, extent: number): boolean {
  const room = extent + axis.begin + axis.end - span(axis);
  return Math.ceil(room / axis.stride) * axis.stride >= extent + axis.begin;
}

/** Attributes of an emitted Conv, ConvTranspose or pool. */
export function windowAttributes(
  axes: readonly Axis[],
  group?: number,
): Record<string, Attributes[string]> {
  return {
    kernel_shape: ints(axes.map((a) => a.kernel)),
    strides: ints(axes.map((a) => a.stride)),
    dilations: ints(axes.map((a) => a.dilation)),
    pads: ints([...axes.map((a) => a.begin), ...axes.map((a) => a.end)]),
    ...(group === undefined ? {} : { group: int(group) }),
  };
}
