import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { addDims, normalizeAxis } from "../../tensor/shape.js";
import { addAlong } from "../core/along-axis.js";
import { checkMade } from "../../tensor/tensor.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

export interface PadAttrs {
  readonly mode: "constant" | "reflect" | "edge" | "wrap";
}

// y = x with a border. Constant mode: dx = dy without the border, dvalue = Σ dy over the border; a constant value is
// the bias.
export const pad: OpSpec<PadAttrs> = {
  type: "Pad",
  since: 18,
  arity: [2, 4],
  role: "padding",
  axes: () => ({ kind: "padded" }),
  newer: ["mode=wrap"],
  attrs: (a) => ({ mode: a.word("mode", ["constant", "reflect", "edge", "wrap"], "constant") }),
  infer: (n) => {
    const [before, after] = borders(n);
    return [n.like(n.shape().map((d, i) => addDims(d, before[i]! + after[i]!)))];
  },
  vjp: (b, n, [dy]) => [
    () => (n.attrs.mode === "constant" ? crop(b, n, dy!) : foldBack(b, n, dy!)),
    "integer",
    () => borderSum(b, n, dy!),
    "integer",
  ],
  bias: (n) => {
    const value = n.elements(2);
    const fills = n.attrs.mode === "constant" && n.optional(2) !== undefined;
    if (!n.isActive(0)) {
      const zero = (b: GraphBuilder): Value => b.scalar(0, n.x());
      const inner = (b: GraphBuilder): Value => padded(b, n, n.x(), zero(b));
      return { kind: "constant", emit: fills ? inner : () => n.y() };
    }
    if (!fills || n.isActive(2) || value?.[0] === 0) return "none";
    return { kind: "pad", emit: (b) => padded(b, n, b.zerosLike(n.x()), n.x(2)) };
  },
};

/** The number of elements added before and after each axis. */
export function borders(n: NodeView): [before: number[], after: number[]] {
  const pads = n.numbers(1);
  const axes = n.optionalNumbers(3) ?? n.shape().map((_, i) => i);
  const before = n.shape().map(() => 0);
  const after = n.shape().map(() => 0);
  if (pads.length !== 2 * axes.length) throw n.error(`${pads.length} pads for ${axes.length} axes`);
  axes.forEach((given, k) => {
    const axis = normalizeAxis(given, n.rank());
    before[axis] = pads[k]!;
    after[axis] = pads[k + axes.length]!;
  });
  return [before, after];
}

/** Applies this node's padding to another value. */
function padded(b: GraphBuilder, n: NodeView, x: Value, fill: Value): Value {
  return b.op("Pad", [x, n.x(1), fill, ...n.inputs.slice(3)], {}, "bias");
}

/** Σ of dy over the border. */
function borderSum(b: GraphBuilder, n: NodeView<{ mode: string }>, dy: Value): Value {
  if (n.attrs.mode !== "constant") return b.zerosLike(n.x(2));
  const border = padded(b, n, b.zerosLike(n.x()), b.scalar(1, dy));
  return b.reshapeLike(b.sum(b.mul(dy, border)), n.x(2), "dvalue");
}

function crop(b: GraphBuilder, n: NodeView, dy: Value): Value {
  const [before, after] = borders(n);
  return b.pad(
    dy,
    [...before, ...after].map((p) => -p),
    "dx",
  );
}

/** Each border element copies an element of x, which receives its gradient. */
function foldBack(b: GraphBuilder, n: NodeView<{ mode: string }>, dy: Value): Value {
  const [before, after] = borders(n);
  return n.shape().reduce((gradient, extent, axis) => {
    if (before[axis] === 0 && after[axis] === 0) return gradient;
    if (typeof extent === "string")
      throw n.error(`axis ${axis} of open extent cannot be padded by copying`);
    const length = extent + before[axis]! + after[axis]!;
    checkMade([length], `for Pad (node "${n.name}") the positions along axis ${axis}`);
    const positions = Array.from({ length }, (_, i) =>
      copiedFrom(n.attrs.mode, i - before[axis]!, extent),
    );
    return addAlong(b, gradient, axis, positions, extent);
  }, dy);
}

/** The element of x that a copying mode reads at a position before the first or after the last element. */
export function copiedFrom(mode: string, at: number, extent: number): number {
  if (mode === "edge") return Math.min(Math.max(at, 0), extent - 1);
  if (mode === "wrap") return ((at % extent) + extent) % extent;
  if (extent === 1) return 0;
  const period = 2 * (extent - 1);
  const phase = ((at % period) + period) % period;
  return phase < extent ? phase : period - phase;
}
