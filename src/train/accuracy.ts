import type { Backend } from "../backends/backend.js";
import { runBatch } from "../engine/run-batch.js";
import { toNumbers } from "../tensor/tensor.js";
import { withWeights, type Classifier, type Weights } from "./classifier.js";
import { gatherBatch, type Dataset } from "./dataset.js";

/** Share of the images whose label has the highest score; of equal scores the first one counts. */
export async function accuracyOf(
  classifier: Classifier,
  weights: Weights,
  data: Dataset,
  backend: Backend,
  batch = 256,
): Promise<number> {
  const { input, scores, classes } = classifier;
  const graph = withWeights(classifier, weights);
  const declared = graph.facts.get(input)!.shape[0] ?? 1;
  const executable = await backend.compile(graph);
  try {
    let right = 0;
    for (let start = 0; start < data.length; start += batch) {
      const count = Math.min(batch, data.length - start);
      const indices = Array.from({ length: count }, (_, i) => start + i);
      const { images, labels } = await gatherBatch(data, indices);
      const shape = { count, declared, batched: new Set([input]) };
      const found = await runBatch(executable, new Map([[input, images]]), shape);
      const values = toNumbers(found.get(scores)!);
      const wanted = toNumbers(labels);
      for (let n = 0; n < count; n++)
        if (topOf(values, n * classes, classes) === wanted[n]) right++;
    }
    return right / data.length;
  } finally {
    await executable.dispose();
  }
}

function topOf(values: ArrayLike<number>, start: number, classes: number): number {
  let top = 0;
  for (let k = 1; k < classes; k++) if (values[start + k]! > values[start + top]!) top = k;
  return top;
}
