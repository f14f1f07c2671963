import { spatialAxes } from "../core/axis-mapping.js";
import { ints } from "../../onnx/attribute.js";
import { type GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { staticShape, type Dim, type Shape } from "../../tensor/shape.js";
import { convWeightGradient } from "./conv-weight-gradient.js";
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

export interface ConvAttrs extends WindowAttrs {
  readonly group: number;
}

export interface ConvTransposeAttrs extends ConvAttrs {
  readonly outputPadding: readonly number[] | undefined;
  readonly outputShape: readonly number[] | undefined;
}

/** The spatial axes of a Conv. */
export function convAxes(n: NodeView<ConvAttrs>): Axis[] {
  const kernel = staticShape(n.shape(1).slice(2), `the weight "${n.x(1).name}"`);
  return windowAxes(n, n.attrs, kernel, n.shape().slice(2));
}

// y = w ∗ x + bias, x [N, Ci, …], w [Co, Ci/g, k…]. dx: the transposed convolution of dy. dw: x convolved with dy, with
// stride and dilation exchanged. db: Σ dy.
const conv: OpSpec<ConvAttrs> = {
  type: "Conv",
  since: 1,
  arity: [2, 3],
  role: "convolution",
  axes: spatialAxes,
  parameters: ["weight", "weight", "bias"],
  attrs: (a) => ({ ...windowAttrs(a), group: a.int("group", 1) }),
  infer: (n) => {
    const [x, w] = [n.shape(0), n.shape(1)];
    if (x.length !== w.length || x.length < 3) {
      throw n.error(`input [${x.join(",")}] and weight [${w.join(",")}] do not fit`);
    }
    const channels = x[1]!;
    const { group } = n.attrs;
    if (typeof channels === "number" && typeof w[1] === "number" && channels !== w[1] * group) {
      throw n.error(`input has ${channels} channels, but the weight expects ${w[1] * group}`);
    }
    const axes = convAxes(n);
    return [n.like([x[0]!, w[0]!, ...axes.map((axis, i) => positions(n, axis, x[i + 2]!))])];
  },
  vjp: (b, n, [dy]) => {
    const spatial = n.shape().slice(2);
    const bias = n.optional(2);
    return [
      () => convDataGradient(b, dy!, n.x(1), convAxes(n), n.attrs.group, spatial, n),
      () => convWeightGradient(b, n.x(0), dy!, convAxes(n), n.attrs.group, n.x(1).fact.shape),
      ...(bias ? [() => sumAllBut(b, dy!, 1)] : []),
    ];
  },
  bias: (n) => convBias(n),
};

// y = w ∗ᵀ x + bias, w [Ci, Co/g, k…]: the adjoint of a Conv. dx is that Conv of dy.
const convTranspose: OpSpec<ConvTransposeAttrs> = {
  type: "ConvTranspose",
  since: 1,
  arity: [2, 3],
  role: "convolution",
  axes: spatialAxes,
  parameters: ["weight", "weight", "bias"],
  attrs: (a) => ({
    ...windowAttrs(a),
    group: a.int("group", 1),
    outputPadding: a.ints("output_padding"),
    outputShape: a.ints("output_shape"),
  }),
  infer: (n) => {
    const { axes, outputs } = transposedAxes(n);
    const co = n.shape(1)[1]!;
    if (typeof co !== "number") throw n.error("the weight must have a fixed shape");
    if (axes.length + 2 !== n.rank()) throw n.error("input and weight have different ranks");
    return [n.like([n.shape()[0]!, co * n.attrs.group, ...outputs])];
  },
  vjp: (b, n, [dy]) => {
    const { group } = n.attrs;
    const bias = n.optional(2);
    return [
      () => {
        const { source, axes } = adjointWindow(b, n, dy!);
        return b.op("Conv", [source, n.x(1)], windowAttributes(axes, group), "dx");
      },
      () => {
        const { source, axes } = adjointWindow(b, n, dy!);
        return convWeightGradient(b, source, n.x(0), axes, group, n.x(1).fact.shape);
      },
      ...(bias ? [() => sumAllBut(b, dy!, 1)] : []),
    ];
  },
  bias: (n) => convBias(n),
};

/** The bias input along the channel axis; minus y if both weight and input depend on the image. */
function convBias(n: NodeView): ReturnType<OpSpec["bias"]> {
  const bias = n.optional(2);
  const still = bias !== undefined && !n.isActive(2);
  const wide = (b: GraphBuilder): Value =>
    b.reshape(bias!, [1, bias!.fact.shape[0]!, ...new Array<number>(n.rank() - 2).fill(1)], "bias");
  if (!n.isActive(0) && !n.isActive(1)) {
    return { kind: "constant", emit: (b) => b.sub(n.y(), wide(b), "bias") };
  }
  if (!(n.isActive(0) && n.isActive(1))) {
    return still ? { kind: "input", emit: wide } : "none";
  }
  return {
    kind: "implicit",
    emit: (b) => {
      const negative = b.neg(n.y(), "bias");
      // y = p + c with a product p: J·z = 2p (+ c if c is active), so the bias is −p (+ c if c is not active).
      return bias === undefined ? negative : b.add(negative, b.mulScalar(wide(b), still ? 2 : 1));
    },
  };
}

/** Sums over all axes but one. */
export function sumAllBut(b: GraphBuilder, x: Value, axis: number): Value {
  const axes = x.fact.shape.map((_, i) => i).filter((i) => i !== axis);
  return b.sum(x, axes, false, "dbias");
}

/**
 * The gradient of a convolution with respect to its input.
 *
 * Stride 1: a convolution with the flipped kernel, which engines run faster than the transposed form. Otherwise
 * ConvTranspose; output_padding covers the remainder at the end that no window reached.
 */
export function convDataGradient(
  b: GraphBuilder,
  dy: Value,
  weight: Value,
  axes: readonly Axis[],
  group: number,
  spatial: Shape,
  n: NodeView,
): Value {
  const flipped = axes.map((a) => ({
    ...a,
    begin: span(a) - 1 - a.begin,
    end: span(a) - 1 - a.end,
  }));
  const fits = flipped.every((a) => a.stride === 1 && a.begin >= 0 && a.end >= 0);
  if (fits) {
    return b.op("Conv", [dy, turnKernel(b, weight, group)], windowAttributes(flipped, group), "dx");
  }
  const extents = staticShape(spatial, `the input of "${n.name}"`);
  const outputs = dy.fact.shape.slice(2);
  const reach = axes.map((a, i) => (Number(outputs[i]) - 1) * a.stride + span(a));
  const rest = axes.map((a, i) => extents[i]! + a.begin + a.end - reach[i]!);
  const symmetric = axes.every((a, i) => a.begin === a.end && rest[i]! >= 0 && rest[i]! < a.stride);
  if (symmetric) {
    const attributes = { ...windowAttributes(axes, group), output_padding: ints(rest) };
    return b.op("ConvTranspose", [dy, weight], attributes, "dx");
  }
  // Uneven pads: compute without pads, then crop or pad each end.
  const bare = axes.map((a) => ({ ...a, begin: 0, end: 0 }));
  const whole = b.op("ConvTranspose", [dy, weight], windowAttributes(bare, group), "dx/whole");
  const begins = axes.map((a) => -a.begin);
  const ends = axes.map((a, i) => extents[i]! + a.begin - reach[i]!);
  return b.pad(whole, [0, 0, ...begins, 0, 0, ...ends], "dx");
}

/** [g·Co, Ci, k…] to [g·Ci, Co, k…] with every kernel reversed. */
function turnKernel(b: GraphBuilder, weight: Value, group: number): Value {
  const [out, channels, ...kernel] = staticShape(weight.fact.shape, `weight "${weight.name}"`);
  const spatial = kernel.map((_, i) => i);
  const perGroup = out! / group;
  const at = b.within(weight.name);
  let turned: Value;
  if (group === 1) {
    turned = at.transpose(weight, [1, 0, ...spatial.map((i) => i + 2)], "swapped");
  } else if (channels === 1 && perGroup === 1) {
    turned = weight;
  } else {
    const grouped = at.reshape(weight, [group, perGroup, channels!, ...kernel], "grouped");
    const swapped = at.transpose(grouped, [0, 2, 1, ...spatial.map((i) => i + 3)], "swapped");
    turned = at.reshape(swapped, [group * channels!, perGroup, ...kernel], "swapped/flat");
  }
  const axes = spatial.filter((i) => kernel[i]! > 1).map((i) => i + 2);
  if (axes.length === 0) return turned;
  const steps = at.ints(axes.map(() => -1));
  const starts = at.ints(axes.map(() => -1));
  const ends = at.ints(axes.map(() => Number.MIN_SAFE_INTEGER));
  return at.op("Slice", [turned, starts, ends, at.ints(axes), steps], {}, "reversed");
}

/** The spatial axes of a ConvTranspose, with pads that match the output's extents. */
export function transposedAxes(n: NodeView<ConvTransposeAttrs>): {
  axes: Axis[];
  outputs: Dim[];
} {
  const kernel = staticShape(n.shape(1).slice(2), `the weight "${n.x(1).name}"`);
  const spatial = n.shape().slice(2);
  const { attrs } = n;
  const plain = windowAxes(n, { ...attrs, autoPad: "NOTSET" }, kernel, spatial);
  const extra = attrs.outputPadding ?? plain.map(() => 0);
  const full = plain.map((a, i) => {
    const extent = spatial[i]!;
    return typeof extent === "string" ? extent : a.stride * (extent - 1) + extra[i]! + span(a);
  });
  if (!attrs.outputShape && (attrs.autoPad === "NOTSET" || attrs.autoPad === "VALID")) {
    const outputs = full.map((f, i) =>
      typeof f === "string" ? `up(${f},${n.name})` : f - plain[i]!.begin - plain[i]!.end,
    );
    return { axes: plain, outputs };
  }
  const wanted =
    attrs.outputShape?.slice(-plain.length) ?? plain.map((a, i) => Number(spatial[i]) * a.stride);
  const axes = plain.map((a, i) => {
    const total = Math.max(0, Number(full[i]) - wanted[i]!);
    const small = Math.floor(total / 2);
    const [begin, end] =
      attrs.autoPad === "SAME_UPPER" ? [small, total - small] : [total - small, small];
    return { ...a, begin, end };
  });
  return { axes, outputs: wanted };
}

/**
 * The window of the adjoint Conv that yields x's extents: dy, with end pads reduced by output_padding. Only the part of
 * dy that no x reached is cropped.
 */
function adjointWindow(
  b: GraphBuilder,
  n: NodeView<ConvTransposeAttrs>,
  dy: Value,
): { source: Value; axes: Axis[] } {
  const { axes, outputs } = transposedAxes(n);
  const spatial = n.shape().slice(2);
  const ends = axes.map(
    (a, i) => (Number(spatial[i]) - 1) * a.stride + span(a) - a.begin - Number(outputs[i]),
  );
  const cut = ends.map((end) => Math.min(0, end));
  return {
    source: b.pad(dy, [0, 0, ...axes.map(() => 0), 0, 0, ...cut]),
    axes: axes.map((a, i) => ({ ...a, end: Math.max(0, ends[i]!) })),
  };
}

export const convolution: readonly OpSpec[] = [conv, convTranspose];
