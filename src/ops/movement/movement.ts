import { sameAxes } from "../core/axis-mapping.js";
import type { Value } from "../../onnx/ir.js";
import { MAX_NODE_PORTS, MAX_RANK } from "../../onnx/file/limits.js";
import {
  concat as concatBlocks,
  expand as expandBlock,
  slice as sliceBlock,
  transpose as transposeBlock,
} from "../../tensor/move.js";
import {
  addDims,
  broadcast,
  divideDims,
  multiplyDims,
  normalizeAxis,
  type Dim,
} from "../../tensor/shape.js";
import { blockOf, moved, withElements } from "../core/elements.js";
import type { NodeView } from "../core/node-view.js";
import type { Arity, OpSpec } from "../core/spec.js";
import { noAttrs } from "../elementwise/unary.js";

type None = Record<string, never>;

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

// 0 keeps the input's extent (unless allowzero), −1 takes what is left.
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
      if (count > MAX_RANK) throw n.error(`${count} axes are more than ${MAX_RANK}`);
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

/** The axes that a Squeeze leaves out. */
function squeezed(n: NodeView<None>): readonly number[] {
  const given = n.optionalNumbers(1)?.map((a) => normalizeAxis(a, n.rank()));
  return given ?? n.shape().flatMap((d, i) => (d === 1 ? [i] : []));
}

const squeeze = reshaping<None>(
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

/** The axes that an Unsqueeze adds. */
function unsqueezed(n: NodeView<None>): readonly number[] {
  const given = n.numbers(1);
  return given.map((a) => normalizeAxis(a, n.rank() + given.length));
}

const unsqueeze = reshaping<None>(
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

// y[i] = x[perm(i)]; dx = dy transposed by the inverse permutation
const transpose: OpSpec<{ perm: readonly number[] | undefined }> = {
  type: "Transpose",
  since: 1,
  arity: [1, 1],
  role: "movement",
  axes: (n) => ({ kind: "permuted", perm: permutation(n) }),
  attrs: (a) => ({ perm: a.ints("perm") }),
  infer: (n) => {
    const perm = permutation(n);
    const fact = n.like(perm.map((p) => n.shape()[p]!));
    return [moved(n, fact, (block) => transposeBlock(block, perm))];
  },
  vjp: (b, n, [dy]) => {
    const perm = permutation(n);
    const inverse = perm.map((_, i) => perm.indexOf(i));
    return [() => b.transpose(dy!, inverse, "dx")];
  },
  bias: () => "none",
};

function permutation(n: NodeView<{ perm: readonly number[] | undefined }>): readonly number[] {
  const perm = n.attrs.perm ?? n.shape().map((_, i) => n.rank() - 1 - i);
  const sorted = perm.toSorted((p, q) => p - q);
  if (perm.length !== n.rank() || sorted.some((p, i) => p !== i)) {
    throw n.error(`perm [${perm.join(",")}] is no permutation of rank ${n.rank()}`);
  }
  return perm;
}

// y = x broadcast to a shape; the walk's un-broadcasting makes dx of dy
const expand: OpSpec<None> = {
  type: "Expand",
  since: 8,
  arity: [2, 2],
  role: "movement",
  axes: sameAxes,
  attrs: noAttrs,
  infer: (n) => {
    const dims = n.elements(1);
    if (!dims) throw n.error("the shape must be known");
    const fact = n.like(broadcast(n.shape(), dims));
    return [moved(n, fact, (block) => expandBlock(block, fact.shape as readonly number[]))];
  },
  vjp: (_b, _n, [dy]) => [() => dy!, "integer"],
  bias: () => "none",
};

// y = x repeated; dx = dy summed over the repeats
const tile: OpSpec<None> = {
  type: "Tile",
  since: 6,
  arity: [2, 2],
  role: "movement",
  axes: sameAxes,
  attrs: noAttrs,
  infer: (n) => {
    const repeats = n.elements(1);
    if (!repeats) throw n.error("the repeats must be known");
    if (repeats.length !== n.rank()) {
      throw n.error(`${repeats.length} repeats for rank ${n.rank()}`);
    }
    const dims = n.shape().map((d, i) => multiplyDims(d, repeats[i]!));
    return [n.like(dims)];
  },
  vjp: (b, n, [dy]) => [
    () => {
      const repeats = n.numbers(1);
      const split = n.shape().flatMap((d, i) => [repeats[i]!, d]);
      const axes = repeats.flatMap((r, i) => (r === 1 ? [] : [2 * i]));
      return b.reshapeLike(b.sum(b.reshape(dy!, split), axes), n.x(), "dx");
    },
    "integer",
  ],
  bias: () => "none",
};

// y = the inputs one after another along an axis; each dx is its piece of dy. Constant pieces are the bias.
const concat: OpSpec<{ axis: number }> = {
  type: "Concat",
  since: 4,
  arity: [1, Infinity],
  role: "join",
  axes: (n) => ({ kind: "joined", axis: normalizeAxis(n.attrs.axis, n.rank()) }),
  attrs: (a) => ({ axis: a.required("axis", a.int("axis")) }),
  infer: (n) => {
    const axis = normalizeAxis(n.attrs.axis, n.rank());
    const shapes = n.inputs.map((_, i) => n.shape(i));
    const dims = n.shape().map((d, a) => {
      if (a === axis) return shapes.map((s) => s[a]!).reduce(addDims);
      const fixed = shapes.map((s) => s[a]).filter((e) => typeof e === "number");
      if (shapes.some((s) => s.length !== n.rank()) || fixed.some((e) => e !== fixed[0])) {
        throw n.error(`shapes ${shapes.map((s) => `[${s.join(",")}]`).join(", ")} do not fit`);
      }
      return fixed[0] ?? d;
    });
    const blocks = n.inputs.map((_, i) => blockOf(n, i));
    const known = blocks.every((block) => block !== undefined);
    return [withElements(n.like(dims), known ? concatBlocks(blocks, axis).data : undefined)];
  },
  vjp: (b, n, [dy]) => {
    const axis = normalizeAxis(n.attrs.axis, n.rank());
    const lengths = n.inputs.map((_, i) => extent(n, i, axis));
    return lengths.map((length, i) => () => {
      const start = lengths.slice(0, i).reduce((a, c) => a + c, 0);
      return b.slice(dy!, [axis], [start], [start + length], "dx");
    });
  },
  bias: (n) => {
    if (n.inputs.every((_, i) => n.isActive(i))) return "none";
    return {
      kind: "constant",
      emit: (b) =>
        b.op(
          "Concat",
          n.inputs.map((v, i) => (n.isActive(i) ? b.zerosLike(v!) : v)),
          { axis: { type: "int", value: n.attrs.axis } },
          "bias",
        ),
    };
  },
};

function extent(n: NodeView, i: number, axis: number): number {
  const dim = n.shape(i)[axis]!;
  if (typeof dim === "string") throw n.error(`extent ${dim} of input ${i} must be fixed`);
  return dim;
}

// Pieces of x along an axis; dx = the pieces' gradients together again
const split: OpSpec<{ axis: number; numOutputs: number | undefined }> = {
  type: "Split",
  since: 13,
  arity: [1, 2],
  role: "selection",
  axes: (n) => {
    const axis = normalizeAxis(n.attrs.axis, n.rank());
    return { kind: "parted", axis, sizes: pieces(n, axis) };
  },
  attrs: (a) => ({ axis: a.int("axis", 0), numOutputs: a.int("num_outputs") }),
  infer: (n) => {
    const axis = normalizeAxis(n.attrs.axis, n.rank());
    let start = 0;
    return pieces(n, axis).map((length) => {
      const dims = n.shape().map((d, i) => (i === axis ? length : d));
      const starts = dims.map((_, i) => (i === axis ? start : 0));
      const steps = dims.map(() => 1);
      start += length;
      return moved(n, n.like(dims), (block) =>
        sliceBlock(block, starts, block.dims.with(axis, length), steps),
      );
    });
  },
  vjp: (b, n, dy) => {
    const axis = normalizeAxis(n.attrs.axis, n.rank());
    const whole = (): Value =>
      b.concat(
        n.outputs.map((y, i) => dy[i] ?? b.zerosLike(y)),
        axis,
        "dx",
      );
    return [whole, "integer"];
  },
  bias: () => "none",
};

function pieces(
  n: NodeView<{ axis: number; numOutputs: number | undefined }>,
  axis: number,
): readonly number[] {
  const total = n.shape()[axis]!;
  const given = n.optionalNumbers(1);
  if (given) {
    const sum = given.reduce((p, q) => p + q, 0);
    if (typeof total === "number" && sum !== total) {
      throw n.error(`pieces [${given.join(",")}] do not make up ${total}`);
    }
    return given;
  }
  if (typeof total === "string") throw n.error(`extent ${total} of input 0 must be fixed`);
  const count = n.attrs.numOutputs ?? n.node.outputs.length;
  if (count < 1 || count > MAX_NODE_PORTS) throw n.error(`num_outputs is ${count}`);
  const length = Math.ceil(total / count);
  return Array.from({ length: count }, (_, i) => Math.min(length, total - i * length));
}

export const movement: readonly OpSpec[] = [
  reshape,
  flatten,
  squeeze,
  unsqueeze,
  transpose,
  expand,
  tile,
  concat,
  split,
];
