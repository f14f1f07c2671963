import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import { addDims, normalizeAxis } from "../tensor/shape.js";
import { alongAxis, emptyMatrix } from "./along-axis.js";
import type { NodeView } from "./node-view.js";
import type { OpSpec } from "./spec.js";

// y = x with a border; constant mode: dx = dy without it, and a value other than 0 is the bias there
export const pad: OpSpec<{ mode: "constant" | "reflect" | "edge" | "wrap" }> = {
  type: "Pad",
  since: 18,
  attrs: (a) => ({ mode: a.word("mode", ["constant", "reflect", "edge", "wrap"], "constant") }),
  infer: (n) => {
    const [before, after] = borders(n);
    return [n.like(n.shape().map((d, i) => addDims(d, before[i]! + after[i]!)))];
  },
  vjp: (b, n, [dy]) => [
    () => (n.attrs.mode === "constant" ? crop(b, n, dy!) : foldBack(b, n, dy!)),
    ...n.inputs.slice(1).map(() => null),
  ],
  bias: (n) => {
    const value = n.elements(2);
    if (n.attrs.mode !== "constant" || !n.optional(2) || value?.[0] === 0) return "none";
    return {
      kind: "pad",
      emit: (b) => b.op("Pad", [b.zerosLike(n.x()), ...n.inputs.slice(1)], {}, "bias"),
    };
  },
};

function borders(n: NodeView): [before: number[], after: number[]] {
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

function crop(b: GraphBuilder, n: NodeView, dy: Value): Value {
  const [before, after] = borders(n);
  return b.pad(
    dy,
    [...before, ...after].map((p) => -p),
    "dx",
  );
}

/** Every border element is a copy of one of x: its gradient goes there. */
function foldBack(b: GraphBuilder, n: NodeView<{ mode: string }>, dy: Value): Value {
  const [before, after] = borders(n);
  return n.shape().reduce((gradient, extent, axis) => {
    if (before[axis] === 0 && after[axis] === 0) return gradient;
    if (typeof extent === "string")
      throw n.error(`axis ${axis} of open extent cannot be padded by copying`);
    const length = extent + before[axis]! + after[axis]!;
    const matrix = emptyMatrix(n, length, extent);
    for (let i = 0; i < length; i++) {
      matrix[i * extent + copiedFrom(n.attrs.mode, i - before[axis]!, extent)] = 1;
    }
    return alongAxis(b, gradient, axis, matrix, length, extent);
  }, dy);
}

function copiedFrom(mode: string, at: number, extent: number): number {
  if (mode === "edge") return Math.min(Math.max(at, 0), extent - 1);
  if (mode === "wrap") return ((at % extent) + extent) % extent;
  if (extent === 1) return 0;
  const period = 2 * (extent - 1);
  const phase = ((at % period) + period) % period;
  return phase < extent ? phase : period - phase;
}
