import { evaluationTest } from "../test.js";

/**
 * Sparseness: the Gini index of a map's absolute values, 0 if all pixels are equal and near 1 if a single one is
 * non-zero.
 *
 * @see P. Chalasani, J. Chen, A. Chowdhury, S. Jha, X. Wu, "Concise Explanations of Neural Networks using Adversarial
 * Training", ICML 2020, sec. 6; C. Gini, 1912.
 */
export const sparseness = evaluationTest({
  name: "sparseness",
  title: "Sparseness",
  paper:
    "P. Chalasani, J. Chen, A. Chowdhury, S. Jha, X. Wu, Concise Explanations of Neural Networks using Adversarial " +
    "Training, ICML 2020",
  about: "The Gini index of the map's absolute values measures its concentration in few pixels.",
  settings: {},
  measures: () => [{ name: "gini", title: "Gini index of |map|", better: "neither", single: true }],
  notShown: [
    "A sparse map is easier to read, not more faithful: a single random pixel has the highest possible index.",
    "FullGrad sums absolute values and is rarely 0 anywhere, so its index is low even for clear maps.",
  ],
  measure: ({ map }) => Promise.resolve({ gini: [giniOf(map)] }),
});

/** Σ_i (2i − n − 1) a_i / (n Σ a), a = |map| in ascending order, i from 1; NaN for a map of zeros. */
export function giniOf(map: Float32Array): number {
  const values = map.map(Math.abs).sort();
  const n = values.length;
  let [weighted, sum] = [0, 0];
  values.forEach((value, i) => {
    weighted += (2 * (i + 1) - n - 1) * value;
    sum += value;
  });
  return weighted / (n * sum);
}
