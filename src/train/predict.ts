import type { Backend } from "../backends/backend.js";
import { runBatch } from "../runtime/run-batch.js";
import { toNumbers } from "../tensor/tensor.js";
import { withWeights, type Classifier, type Weights } from "./classifier.js";
import { gatherBatch, type Dataset } from "./data/dataset.js";

/** Batch size for inference. */
const batch = 256;

/** The class with the highest score for each image; the first one on ties. */
export async function predict(
  classifier: Classifier,
  weights: Weights,
  data: Dataset,
  backend: Backend,
): Promise<Uint32Array> {
  const { input, scores, classes } = classifier;
  const graph = withWeights(classifier, weights);
  const declared = graph.facts.get(input)!.shape[0] ?? 1;
  const executable = await backend.compile(graph);
  try {
    const found = new Uint32Array(data.length);
    for (let start = 0; start < data.length; start += batch) {
      const count = Math.min(batch, data.length - start);
      const indices = Array.from({ length: count }, (_, i) => start + i);
      const { images } = await gatherBatch(data, indices);
      const shape = { count, declared, batched: new Set([input]) };
      const results = await runBatch(executable, new Map([[input, images]]), shape);
      const values = toNumbers(results.get(scores)!);
      for (let n = 0; n < count; n++) found[start + n] = topOf(values, n * classes, classes);
    }
    return found;
  } finally {
    await executable.dispose();
  }
}

/** Accuracy on a data set, as a fraction. */
export async function accuracyOf(
  classifier: Classifier,
  weights: Weights,
  data: Dataset,
  backend: Backend,
): Promise<number> {
  const predicted = await predict(classifier, weights, data, backend);
  let right = 0;
  for (let i = 0; i < data.length; i++) if ((await data.get(i)).label === predicted[i]) right++;
  return right / data.length;
}

function topOf(values: ArrayLike<number>, start: number, classes: number): number {
  let top = 0;
  for (let k = 1; k < classes; k++) if (values[start + k]! > values[start + top]!) top = k;
  return top;
}
