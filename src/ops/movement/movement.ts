import { sameAxes } from "../core/axis-mapping.js";
import type { Value } from "../../onnx/ir.js";
import { MAX_NODE_PORTS } from "../../onnx/file/limits.js";
import {
  concat as concatBlocks,
  expand as expandBlock,
  slice as sliceBlock,
  transpose as transposeBlock,
} from "../../tensor/move.js";
import { addDims, broadcast, multiplyDims, normalizeAxis } from "../../tensor/shape.js";
import { blockOf, moved, withElements } from "../core/elements.js";
import { noAttrs, type NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

export interface TransposeAttrs {
  readonly perm: readonly number[] | undefined;
}

// y[i] = x[perm(i)]; dx = dy transposed by the inverse permutation
const transpose: OpSpec<TransposeAttrs> = {
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

/** Axis i of the output is axis permutation[i] of the input. */
export function permutation(n: NodeView<TransposeAttrs>): readonly number[] {
  const perm = n.attrs.perm ?? n.shape().map((_, i) => n.rank() - 1 - i);
  const sorted = perm.toSorted((p, q) => p - q);
  if (perm.length !== n.rank() || sorted.some((p, i) => p !== i)) {
    throw n.error(`perm [${perm.join(",")}] is not a permutation of rank ${n.rank()}`);
  }
  return perm;
}

// y = x broadcast to a shape; the backward pass sums dy to the shape of x
const expand: OpSpec<NoAttrs> = {
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
const tile: OpSpec<NoAttrs> = {
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

// y = the inputs concatenated along an axis; each dx is its piece of dy. Constant pieces are the bias.
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

// Pieces of x along an axis; dx = the concatenated gradients of the pieces
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

export const movement: readonly OpSpec[] = [transpose, expand, tile, concat, split];
