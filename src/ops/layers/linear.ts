import type { AxisMapping } from "../core/axis-mapping.js";
import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { broadcast, type Dim } from "../../tensor/shape.js";
import { noAttrs, type NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

/** Swaps the last two axes. */
function turn(b: GraphBuilder, x: Value): Value {
  const rank = x.fact.shape.length;
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return b.transpose(x, perm);
}

/** Batch axes are aligned at the last one; a vector lacks the row or column axis. */
function matrixLabels(first: number, second: number): AxisMapping {
  const letters = "abcdefghijl";
  const batch = (rank: number): string => letters.slice(0, Math.max(0, rank - 2));
  const aligned = (rank: number): string =>
    batch(Math.max(first, second)).slice(Math.max(first, second) - Math.max(rank, 2));
  const [rows, columns] = [first > 1 ? "m" : "", second > 1 ? "n" : ""];
  return {
    kind: "labelled",
    terms: [
      `${first > 2 ? aligned(first) : ""}${rows}k`,
      `${second > 2 ? aligned(second) : ""}k${columns}`,
    ],
    result: `${batch(Math.max(first, second))}${rows}${columns}`,
  };
}

function checkInner(n: NodeView, a: Dim | undefined, c: Dim | undefined): void {
  if (typeof a === "number" && typeof c === "number" && a !== c) {
    throw n.error(`[${n.shape(0).join(",")}] and [${n.shape(1).join(",")}] do not match`);
  }
}

// Y = A·B, batched with broadcasting; dA = dY·Bᵀ, dB = Aᵀ·dY. Two active factors: bias = −Y.
const matMul: OpSpec<NoAttrs> = {
  type: "MatMul",
  since: 1,
  arity: [2, 2],
  role: "product",
  axes: (n) => matrixLabels(n.rank(0), n.rank(1)),
  parameters: ["weight", "weight"],
  attrs: noAttrs,
  infer: (n) => {
    const [a, c] = [n.shape(0), n.shape(1)];
    if (a.length === 0 || c.length === 0) throw n.error("a scalar operand");
    const rows = a.length > 1 ? [a.at(-2)!] : [];
    const columns = c.length > 1 ? [c.at(-1)!] : [];
    checkInner(n, a.at(-1), c.length > 1 ? c.at(-2) : c[0]);
    return [n.like([...broadcast(a.slice(0, -2), c.slice(0, -2)), ...rows, ...columns])];
  },
  vjp: (b, n, [dy]) => {
    const { a, c, dY } = asMatrices(b, n, dy!);
    return [
      () => likeVector(b, n, 0, b.matmul(dY, turn(b, c), "da")),
      () => likeVector(b, n, 1, b.matmul(turn(b, a), dY, "db")),
    ];
  },
  bias: (n) =>
    n.isActive(0) && n.isActive(1)
      ? { kind: "implicit", emit: (b) => b.neg(n.y(), "bias") }
      : "none",
};

/** Vectors as matrices with an axis of extent 1, so that one rule covers both. */
function asMatrices(b: GraphBuilder, n: NodeView, dy: Value): { a: Value; c: Value; dY: Value } {
  const a = n.rank(0) === 1 ? b.reshape(n.x(0), [1, n.shape(0)[0]!]) : n.x(0);
  const c = n.rank(1) === 1 ? b.reshape(n.x(1), [n.shape(1)[0]!, 1]) : n.x(1);
  let dY = dy;
  if (n.rank(1) === 1) dY = b.reshape(dY, [...dY.fact.shape, 1]);
  if (n.rank(0) === 1)
    dY = b.reshape(dY, [...dY.fact.shape.slice(0, -1), 1, dY.fact.shape.at(-1)!]);
  return { a, c, dY };
}

function likeVector(b: GraphBuilder, n: NodeView, i: number, gradient: Value): Value {
  if (n.rank(i) !== 1) return gradient;
  const batch = gradient.fact.shape.slice(0, -2).map((_, k) => k);
  return b.reshapeLike(b.sum(gradient, batch), n.x(i));
}

interface GemmAttrs {
  readonly alpha: number;
  readonly beta: number;
  readonly transA: boolean;
  readonly transB: boolean;
}

// Y = α·A'·B' + β·C; dA' = α·dY·B'ᵀ, dB' = α·A'ᵀ·dY, dC = β·dY. Bias: β·C.
const gemm: OpSpec<GemmAttrs> = {
  type: "Gemm",
  since: 7,
  arity: [2, 3],
  role: "product",
  axes: (n) => {
    const { transA, transB } = n.attrs;
    const terms = [transA ? "km" : "mk", transB ? "nk" : "kn"];
    const shift = n.optional(2) ? ["mn".slice(2 - n.rank(2))] : [];
    return { kind: "labelled", terms: [...terms, ...shift], result: "mn" };
  },
  parameters: ["weight", "weight", "bias"],
  attrs: (a) => ({
    alpha: a.float("alpha", 1),
    beta: a.float("beta", 1),
    transA: a.flag("transA"),
    transB: a.flag("transB"),
  }),
  infer: (n) => {
    const { transA, transB } = n.attrs;
    const [a, c] = [n.shape(0), n.shape(1)];
    if (a.length !== 2 || c.length !== 2) throw n.error("both factors must be matrices");
    checkInner(n, a[transA ? 0 : 1], c[transB ? 1 : 0]);
    return [n.like([a[transA ? 1 : 0]!, c[transB ? 0 : 1]!])];
  },
  definition: (b, n) => {
    const { alpha, beta, transA, transB } = n.attrs;
    const [left, right] = [transA, transB].map((t, i) => (t ? turn(b, n.x(i)) : n.x(i)));
    const product = b.mulScalar(b.matmul(left!, right!), alpha);
    return [n.optional(2) ? b.add(product, b.mulScalar(n.x(2), beta)) : product];
  },
  vjp: (b, n, [dy]) => {
    const { alpha, beta, transA, transB } = n.attrs;
    const product = (p: Value, q: Value, tp: boolean, tq: boolean, hint: string): Value =>
      b.op(
        "Gemm",
        [p, q],
        {
          alpha: { type: "float", value: alpha },
          transA: int(tp ? 1 : 0),
          transB: int(tq ? 1 : 0),
        },
        hint,
      );
    const [a, c] = [n.x(0), n.x(1)];
    return [
      () => (transA ? product(c, dy!, transB, true, "da") : product(dy!, c, false, !transB, "da")),
      () => (transB ? product(dy!, a, true, transA, "db") : product(a, dy!, !transA, false, "db")),
      ...(n.optional(2) ? [() => b.mulScalar(dy!, beta, "dc")] : []),
    ];
  },
  bias: (n) => {
    const { beta } = n.attrs;
    const c = n.optional(2);
    const still = c !== undefined && !n.isActive(2);
    if (!n.isActive(0) && !n.isActive(1)) {
      return { kind: "constant", emit: (b) => b.sub(n.y(), b.mulScalar(n.x(2), beta), "bias") };
    }
    if (!(n.isActive(0) && n.isActive(1))) {
      return still ? { kind: "input", emit: (b) => b.mulScalar(c, beta, "bias") } : "none";
    }
    return {
      kind: "implicit",
      emit: (b) => {
        const negative = b.neg(n.y(), "bias");
        return c ? b.add(negative, b.mulScalar(c, still ? 2 * beta : beta)) : negative;
      },
    };
  },
};

export const linear: readonly OpSpec[] = [matMul, gemm];
