/**
 * One application of one operator: a geometry, and the distribution of its input values. Plain data, so that a failing
 * case is readable.
 *
 * @module
 */
import type fc from "fast-check";
import type { Attributes } from "../../../src/onnx/ir.js";
import type { DType } from "../../../src/tensor/dtype.js";
import { sizeOf } from "../../../src/tensor/shape.js";
import type { Random } from "../../support/random.js";

/** The distribution of an operand's values. */
export type Values =
  | {
      readonly from: number;
      readonly to: number;
      /** Kinks of the function: every value stays {@link clearance} away from them. */
      readonly avoid?: readonly number[];
    }
  /** All values of such operands differ by at least {@link clearance}, so that the position of a maximum is stable. */
  | "distinct";

/** Larger than the reach of any difference quotient. */
export const clearance = 0.25;

/** A float input; the runner of the case chooses its dtype. */
export interface Variable {
  readonly dims: readonly number[];
  readonly values?: Values;
  /** The first extent is declared as the symbol N. */
  readonly openBatch?: boolean;
}

/** An input that is part of the graph: axes, shapes, indices. */
export interface Constant {
  readonly dims: readonly number[];
  readonly constant: readonly number[];
  /** int64 unless given; "float" is the dtype of the variables. */
  readonly dtype?: DType | "float";
}

export type Operand = Variable | Constant;

export interface Case {
  /** As the registry names it: "Relu", or "com.example:XTanh" of another domain. */
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly (Operand | undefined)[];
  /** Number of outputs; 1 unless given. */
  readonly outputs?: number;
  /** 18, or the first that has the operator, unless given. */
  readonly opset?: number;
  /** Extents known only at run time, by symbol. */
  readonly extents?: Readonly<Record<string, number>>;
  readonly seed: number;
}

/** The properties of a row's cases; {@link row} adds operator and seed. */
export type Geometry = Omit<Case, "op" | "seed">;

/** One operator of the table. */
export interface Row {
  readonly op: string;
  readonly cases: fc.Arbitrary<Geometry>;
  /**
   * The operator is a (piecewise) polynomial of degree at most 4 along any line, so difference quotients are exact for
   * any step.
   */
  readonly polynomial?: boolean;
  /**
   * The largest of several products changes within the reach of float32's difference quotient; an engine in float32 is
   * compared with another engine alone.
   */
  readonly float64Only?: boolean;
  /** Multiple of the usual number of cases, for operators with more kinds of geometry. */
  readonly effort?: number;
  /** The output size is known only at run time, which tfjs does not support. */
  readonly sizedByRun?: boolean;
  /** The operator itself rounds to float32. */
  readonly rounds?: boolean;
}

export function isConstant(operand: Operand): operand is Constant {
  return "constant" in operand;
}

/** The values of a variable; its index `which` among the `others` distinct operands keeps their values apart. */
export function draw(v: Variable, random: Random, which: number, others: number): number[] {
  const count = sizeOf(v.dims);
  const values = v.values ?? { from: -2, to: 2 };
  if (values === "distinct") {
    const steps = Array.from({ length: count }, (_, i) => i - (count >> 1));
    const order = random.shuffled(steps);
    return order.map((i) => (i * others + which) * 1.5 * clearance + random.uniform(-0.02, 0.02));
  }
  const { from, to, avoid = [] } = values;
  return Array.from({ length: count }, () => {
    for (;;) {
      const value = random.uniform(from, to);
      if (avoid.every((a) => Math.abs(value - a) > clearance)) return value;
    }
  });
}
