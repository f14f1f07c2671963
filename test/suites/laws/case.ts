/**
 * One application of one operator: a geometry, and the recipe for the numbers that go in. Plain data, so that a
 * failing case reads well.
 *
 * @module
 */
import type fc from "fast-check";
import type { Attributes } from "../../../src/onnx/ir.js";
import type { DType } from "../../../src/tensor/dtype.js";
import { sizeOf } from "../../../src/tensor/shape.js";
import type { Random } from "../../support/random.js";

/** How the numbers of an operand are drawn. */
export type Values =
  | {
      readonly from: number;
      readonly to: number;
      /** Kinks of the function: every number keeps {@link clearance} away from them. */
      readonly avoid?: readonly number[];
    }
  /** No two numbers of any operands so drawn are closer than {@link clearance}: a maximum stays where it is. */
  | "distinct";

/** Farther than any difference quotient reaches. */
export const clearance = 0.25;

/** A float input; its dtype is chosen by who runs the case. */
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
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly (Operand | undefined)[];
  /** Number of outputs; 1 unless given. */
  readonly outputs?: number;
  /** 18, or the first that has the operator, unless given. */
  readonly opset?: number;
  /** Extents that only a run tells, by their symbol. */
  readonly extents?: Readonly<Record<string, number>>;
  readonly seed: number;
}

/** What a row says of its cases; {@link row} adds operator and seed. */
export type Geometry = Omit<Case, "op" | "seed">;

/** One operator of the table. */
export interface Row {
  readonly op: string;
  readonly cases: fc.Arbitrary<Geometry>;
  /**
   * The operator is a polynomial of degree 4 at most along any line, piece by piece where it has kinks: difference
   * quotients are exact, whatever the step.
   */
  readonly polynomial?: boolean;
  /** Times as many cases as for others: there are more kinds of geometry. */
  readonly effort?: number;
  /** Only a run tells the size of the output, which tfjs refuses. */
  readonly sizedByRun?: boolean;
  /** The operator itself rounds to float32. */
  readonly rounds?: boolean;
}

export function isConstant(operand: Operand): operand is Constant {
  return "constant" in operand;
}

/** The numbers of a variable. `which` of how many `others` distinct operands it is keeps their numbers apart. */
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
