import { int } from "../onnx/attribute.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import { float32 } from "../tensor/tensor.js";

export interface CrossEntropy {
  /** [1]: the mean over the batch. */
  readonly loss: Value;
  /** [1]: number of samples whose label has the highest score. */
  readonly correct: Value;
  /** Gradient of the loss with respect to the scores, [N,K]. */
  readonly seed: Value;
}

// loss = −1/N Σₙ log p[n, labelₙ] with p = softmax(scores); d loss / d scores = (p − one-hot(label))/N
export function crossEntropy(
  b: GraphBuilder,
  scores: Value,
  labels: Value,
  [samples, classes]: readonly [number, number],
): CrossEntropy {
  const logP = b.op("LogSoftmax", [scores], { axis: int(1) }, "log-probability");
  const values = b.constant(float32([2], [0, 1]));
  const wanted = b.op("OneHot", [labels, b.ints([classes]), values], { axis: int(1) }, "wanted");
  const total = b.sum(b.mul(logP, wanted), [0, 1], false);
  const top = b.op("ArgMax", [scores], { axis: int(1), keepdims: int(0) }, "top");
  const hits = b.cast(b.op("Equal", [top, labels]), "float32");
  return {
    loss: b.reshape(b.mulScalar(total, -1 / samples), [1], "loss"),
    correct: b.reshape(b.sum(hits, [0], false), [1], "correct"),
    seed: b.mulScalar(b.sub(b.op("Exp", [logP]), wanted), 1 / samples, "d/scores"),
  };
}
