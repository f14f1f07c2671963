import fc from "fast-check";
import { float, int } from "../../../src/onnx/attribute.js";
import type { Row } from "./case.js";
import { broadcastable, oneOf, variable } from "./geometry.js";

const extent = fc.integer({ min: 1, max: 4 });

/** Matrices, stacks of matrices that broadcast, and vectors on either side. */
const matMul: Row = {
  op: "MatMul",
  cases: fc
    .record({
      stacks: broadcastable(2),
      m: extent,
      k: extent,
      n: extent,
      form: oneOf("matrices", "stacks", "vector left", "vector right", "vectors"),
    })
    .map(({ stacks: [p, q], m, k, n, form }) => {
      const left = form === "vector left" || form === "vectors" ? [k] : [...p!, m, k];
      const right = form === "vector right" || form === "vectors" ? [k] : [...q!, k, n];
      const flat = form === "matrices";
      return {
        attributes: {},
        inputs: [variable(flat ? [m, k] : left, undefined, flat), variable(flat ? [k, n] : right)],
      };
    }),
  polynomial: true,
};

/** C is a matrix, a row, a column, a scalar, or absent. */
const gemm: Row = {
  op: "Gemm",
  cases: fc
    .record({
      m: extent,
      k: extent,
      n: extent,
      transA: fc.boolean(),
      transB: fc.boolean(),
      alpha: oneOf(undefined, 0.5, -2),
      beta: oneOf(undefined, 0, 0.5, -2),
      c: oneOf("none", "matrix", "row", "column", "vector", "one", "scalar"),
    })
    .map(({ m, k, n, transA, transB, alpha, beta, c }) => {
      const shapes: Readonly<Record<string, readonly number[]>> = {
        matrix: [m, n],
        row: [1, n],
        column: [m, 1],
        vector: [n],
        one: [1],
        scalar: [],
      };
      return {
        attributes: {
          transA: int(transA ? 1 : 0),
          transB: int(transB ? 1 : 0),
          ...(alpha === undefined ? {} : { alpha: float(alpha) }),
          ...(beta === undefined ? {} : { beta: float(beta) }),
        },
        inputs: [
          variable(transA ? [k, m] : [m, k]),
          variable(transB ? [n, k] : [k, n]),
          c === "none" ? undefined : variable(shapes[c]!),
        ],
      };
    }),
  polynomial: true,
};

export const linear: readonly Row[] = [matMul, gemm];
