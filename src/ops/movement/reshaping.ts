import { MAX_RANK } from "../../onnx/file/limits.js";
import { divideDims, multiplyDims, normalizeAxis, type Dim } from "../../tensor/shape.js";
import { withElements } from "../core/elements.js";
import { noAttrs, type NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { Arity, OpSpec } from "../core/spec.js";

/** A change of shape that keeps the order of the elements: dx = dy in the shape of x, no bias. */
function reshaping<A>(
  type: string,
  since: number,
  arity: Arity,
  attrs: OpSpec<A>["attrs"],
  shape: (n: NodeView<A>) => readonly Dim[],
  axes: OpSpec<A>["axes"] = () => ({ kind: "reshaped" }),
): OpSpec<A> {
  return {
    type,
    since,
    arity,
    role: "reshaping",
    axes,
    attrs,
    infer: (n) => [withElements(n.like(shape(n)), n.elements(0))],
    vjp: (b, n, [dy]) => [
      () => b.reshapeLike(dy!, n.x(), "dx"),
      ...n.inputs.slice(1).map(() => "integer" as const),
    ],
    bias: () => "none",
  };
}

// 0 keeps the input's extent (unless allowzero), −1 is inferred from the rest.
const reshape = reshaping(
  "Reshape",
  14,
  [2, 2],
  (a) => ({ allowzero: a.flag("allowzero") }),
  (n) => {
    const wanted = n.elements(1);
    if (!wanted) {
      const count = n.shape(1)[0];
      if (typeof count !== "number") throw n.error("the length of the shape must be known");
      if (count > MAX_RANK) throw n.error(`${count} axes exceed the maximum of ${MAX_RANK}`);
      return Array.from({ length: count }, (_, i) => `${n.name}.${i}`);
    }
    const dims = wanted.map((d, i) => (d === 0 && !n.attrs.allowzero ? (n.shape()[i] ?? 0) : d));
    const rest = dims.filter((d) => d !== -1);
    if (dims.length - rest.length > 1) throw n.error("more than one -1 in the shape");
    const known = multiplyDims(...rest);
    const total = multiplyDims(...n.shape());
    if (rest.length === dims.length) {
      if (typeof total === "number" && typeof known === "number" && total !== known) {
        throw n.error(`${total} elements do not fit [${dims.join(",")}]`);
      }
      return dims;
    }
    if (typeof total === "number" && typeof known === "number" && (known === 0 || total % known)) {
      throw n.error(`${total} elements do not fit [${dims.join(",")}]`);
    }
    return dims.map((d) => (d === -1 ? divideDims(total, known) : d));
  },
);

const flatten = reshaping(
  "Flatten",
  1,
  [1, 1],
  (a) => ({ axis: a.int("axis", 1) }),
  (n) => {
    const axis = n.attrs.axis < 0 ? n.attrs.axis + n.rank() : n.attrs.axis;
    return [multiplyDims(...n.shape().slice(0, axis)), multiplyDims(...n.shape().slice(axis))];
  },
);

/** The axes removed by a Squeeze. */
function squeezed(n: NodeView<NoAttrs>): readonly number[] {
  const given = n.optionalNumbers(1)?.map((a) => normalizeAxis(a, n.rank()));
  return given ?? n.shape().flatMap((d, i) => (d === 1 ? [i] : []));
}

const squeeze = reshaping<NoAttrs>(
  "Squeeze",
  13,
  [1, 2],
  noAttrs,
  (n) => {
    const axes = squeezed(n);
    return n.shape().filter((_, i) => !axes.includes(i));
  },
  (n) => ({ kind: "squeezed", axes: squeezed(n) }),
);

/** The axes added by an Unsqueeze. */
function unsqueezed(n: NodeView<NoAttrs>): readonly number[] {
  const given = n.numbers(1);
  return given.map((a) => normalizeAxis(a, n.rank() + given.length));
}

const unsqueeze = reshaping<NoAttrs>(
  "Unsqueeze",
  13,
  [2, 2],
  noAttrs,
  (n) => {
    const axes = new Set(unsqueezed(n));
    const rest = [...n.shape()];
    const rank = n.rank() + n.numbers(1).length;
    return Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : rest.shift()!));
  },
  (n) => ({ kind: "unsqueezed", axes: unsqueezed(n) }),
);

export const reshapings: readonly OpSpec[] = [reshape, flatten, squeeze, unsqueeze];
