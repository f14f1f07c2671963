import type { GraphBuilder } from "../../onnx/builder.js";
import { int } from "../../onnx/attribute.js";
import type { Value } from "../../onnx/ir.js";
import { float32 } from "../../tensor/tensor.js";
import { multiplyDims, type Dim } from "../../tensor/shape.js";
import { spatialAxes } from "../../decomposition/spatial-positions.js";
import { classActivationMap } from "../building-blocks/class-activation-map.js";

/**
 * Number of squarings after which a matrix is v vᵀ of its first eigenvector v, unless the second eigenvalue is within
 * 1e-5.
 */
const squarings = 20;

/** Keeps the division finite for all-zero activations, whose map is 0. */
const tiny = 1e-30;

/**
 * Eigen-CAM: max(A v, 0), where A holds the activations as positions × channels and v is its first right singular
 * vector, with the sign that makes the sum of the map positive (Muhammad & Yeasin 2020, eq. 3; some implementations
 * centre A first). The map does not depend on the target.
 */
export const eigenCam = classActivationMap({
  name: "eigen-cam",
  title: "Eigen-CAM",
  paper:
    "Muhammad and Yeasin, Eigen-CAM: Class Activation Map using Principal Components, IJCNN 2020",
  ignoresTarget: true,
  emit: (b, { activations }) => {
    const map = firstProjection(b, activations);
    return b.mul(map, b.op("Sign", [b.sum(map, spatialAxes(map))]));
  },
});

/**
 * M v of a value [N,C,…spatial] as positions × channels, v its first right singular vector of either sign:
 * [N,1,…spatial].
 */
export function firstProjection(b: GraphBuilder, value: Value): Value {
  const [batch, channels, ...positions] = value.fact.shape as [Dim, number, ...number[]];
  const count = Number(multiplyDims(...positions));
  const columns = b.reshape(value, [batch, channels, count]);
  const rows = b.transpose(columns, [0, 2, 1]);
  // The smaller of AᵀA and AAᵀ; they share their non-zero eigenvalues, and A maps the eigenvectors of AᵀA to AAᵀ's.
  const component =
    channels <= count
      ? firstEigenvector(b, b.matmul(columns, rows))
      : unit(b, b.matmul(columns, firstEigenvector(b, b.matmul(rows, columns))));
  const map = b.matmul(rows, component, "projection");
  return b.reshape(map, [batch, 1, ...positions]);
}

/** The first eigenvector [N,D,1] of symmetric matrices [N,D,D]. */
function firstEigenvector(b: GraphBuilder, matrix: Value): Value {
  const dimension = Number(matrix.fact.shape[1]);
  let power = matrix;
  for (let i = 0; i < squarings; i++) {
    const largest = b.max(b.op("Abs", [power]), [1, 2]);
    const scaled = b.div(power, b.addScalar(largest, tiny));
    power = b.matmul(scaled, scaled);
  }
  // Every column is a multiple of the eigenvector; the longest column is non-zero.
  const lengths = b.sum(b.mul(power, power), [1], false);
  const longest = b.op("ArgMax", [lengths], { axis: int(1), keepdims: int(0) });
  const choice = [longest, b.ints([dimension]), b.constant(float32([2], [0, 1]))];
  const column = b.op("OneHot", choice, { axis: int(1) });
  return unit(b, b.matmul(power, b.op("Unsqueeze", [column, b.ints([2])])));
}

/** Normalises vectors [N,D,1] to length 1. */
function unit(b: GraphBuilder, v: Value): Value {
  return b.div(v, b.sqrt(b.addScalar(b.sum(b.mul(v, v), [1]), tiny)));
}
