/**
 * Operators that select or count. Their outputs have data-dependent lengths; detectors end in them.
 *
 * @module
 */
import { noAxes } from "../core/axis-mapping.js";
import { normalizeAxis, type Dim } from "../../tensor/shape.js";
import { noAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { Arity, Inference, OpSpec } from "../core/spec.js";
import type { Role } from "../core/role.js";

/** An operator with facts but no gradient. */
function facts<A>(
  type: string,
  since: number,
  arity: Arity,
  role: Role,
  vjp: "zero" | "not-differentiable",
  axes: OpSpec<A>["axes"],
  attrs: OpSpec<A>["attrs"],
  infer: Inference<A>,
): OpSpec<A> {
  return { type, since, arity, role, axes, attrs, infer, vjp, bias: () => "none" };
}

/** A data-dependent extent. */
const open = (n: NodeView): string => `count(${n.name})`;

export const selection: readonly OpSpec[] = [
  facts("NonZero", 9, [1, 1], "step", "zero", noAxes, noAttrs, (n) => [
    { dtype: "int64", shape: [n.rank(), open(n)] },
  ]),
  {
    ...facts(
      "NonMaxSuppression",
      10,
      [2, 5],
      "step",
      "not-differentiable",
      noAxes,
      noAttrs,
      (n) => [{ dtype: "int64", shape: [open(n), 3] }],
    ),
    reads: { scores: [1], positions: [0] },
  },
  {
    ...facts<{ size: readonly number[] }>(
      "MaxRoiPool",
      1,
      [2, 2],
      "max-pooling",
      "not-differentiable",
      () => ({ kind: "none", image: true }),
      (a) => ({ size: a.ints("pooled_shape") ?? [] }),
      (n) => [n.like([n.shape(1)[0]!, n.shape()[1]!, ...n.attrs.size])],
    ),
    reads: { positions: [1] },
  },
  facts<{ axis: number | undefined }>(
    "Compress",
    9,
    [2, 2],
    "selection",
    "not-differentiable",
    (n) =>
      n.attrs.axis === undefined
        ? { kind: "none" }
        : { kind: "replaced", axis: normalizeAxis(n.attrs.axis, n.rank()), by: 1 },
    (a) => ({ axis: a.int("axis") }),
    (n) => {
      const { axis } = n.attrs;
      if (axis === undefined) return [n.like([open(n)])];
      const at = normalizeAxis(axis, n.rank());
      return [n.like(n.shape().map((d, i): Dim => (i === at ? open(n) : d)))];
    },
  ),
  facts(
    "Unique",
    11,
    [1, 1],
    "step",
    "not-differentiable",
    noAxes,
    (a) => ({ axis: a.int("axis") }),
    (n) => {
      const { axis } = n.attrs;
      const count = { dtype: "int64", shape: [open(n)] } as const;
      const at = axis === undefined ? undefined : normalizeAxis(axis, n.rank());
      const shape =
        at === undefined ? [open(n)] : n.shape().map((d, i) => (i === at ? open(n) : d));
      return [n.like(shape), count, { dtype: "int64", shape: [`inverse(${n.name})`] }, count];
    },
  ),
];
