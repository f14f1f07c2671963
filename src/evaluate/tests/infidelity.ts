import { number, whole } from "../../methods/core/settings.js";
import { random, type Random } from "../../tensor/random.js";
import { fill, remover } from "../fill.js";
import { lazily } from "../scorer.js";
import { planeOf, type Extent } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Infidelity with square removal: squares R are removed from the picture, and the map's sum over each, Σ_{i∈R} map_i,
 * is compared with the change of the output,
 *
 *     infidelity = min_α E_R [ (α Σ_{i∈R} map_i − (f(x) − f(x without R)))² ]
 *
 * The scale α is free because a saliency map has no units. `unexplained` is the infidelity divided by
 * E[(f(x) − f(x without R))²]: 0 if the map predicts every change, 1 if it predicts nothing.
 *
 * @see C.-K. Yeh, C.-Y. Hsieh, A. Suggala, D. Inouye, P. Ravikumar, "On the (In)fidelity and Sensitivity of
 * Explanations", NeurIPS 2019, definitions 2.1 and sec. 2.3 (optimal scaling as in its experiments).
 */
export const infidelity = evaluationTest({
  name: "infidelity",
  title: "Infidelity",
  paper:
    "C.-K. Yeh, C.-Y. Hsieh, A. Suggala, D. Inouye, P. Ravikumar, On the (In)fidelity and Sensitivity of Explanations, " +
    "NeurIPS 2019",
  about:
    "Random squares are removed from the picture. The map's sums over the squares, scaled by the best common factor, " +
    "are compared with the changes of the output.",
  settings: {
    squares: whole(100, "random squares", 2),
    smallest: number(0.05, "smallest side of a square, as a fraction of the shorter side", 0, 1),
    largest: number(0.5, "largest side of a square, as a fraction of the shorter side", 0, 1),
    fill: fill("dataset-mean", "replacement of removed squares"),
  },
  measures: () => [
    {
      name: "infidelity",
      title: "mean squared error of the predicted change, best scale",
      better: "lower",
      single: true,
    },
    {
      name: "unexplained",
      title: "the same, as a fraction of the mean squared change",
      better: "lower",
      single: true,
    },
  ],
  notShown: [
    biases.outOfDistribution,
    "A map of absolute values cannot show evidence against the class, which lowers its result here.",
    biases.centre,
    biases.network,
  ],
  measure: async ({ subject, map, scorer, original, seed, once }, settings) => {
    const extent = planeOf(subject);
    const regions = squaresOf(extent, settings, random(seed ^ subject.seed));
    const scores = await once("squares", () =>
      scorer.scores(subject, lazily(regions, remover(subject, settings.fill))),
    );
    const changes = scores.map((score) => original.output - score.output);
    return infidelityOf(
      regions.map((region) => sumOver(map, region)),
      changes,
    );
  },
});

/** min_α E[(α·predicted − change)²], α = E[predicted·change] / E[predicted²] */
export function infidelityOf(
  predicted: readonly number[],
  changes: readonly number[],
): { readonly infidelity: readonly [number]; readonly unexplained: readonly [number] } {
  const meanOf = (value: (i: number) => number): number =>
    changes.reduce((sum, _, i) => sum + value(i), 0) / changes.length;
  const square = meanOf((i) => predicted[i]! ** 2);
  const scale = square > 0 ? meanOf((i) => predicted[i]! * changes[i]!) / square : 0;
  const error = meanOf((i) => (scale * predicted[i]! - changes[i]!) ** 2);
  return { infidelity: [error], unexplained: [error / meanOf((i) => changes[i]! ** 2)] };
}

/** The sum of the map over the given pixels. */
export function sumOver(map: Float32Array, pixels: Uint32Array): number {
  let sum = 0;
  for (const pixel of pixels) sum += map[pixel]!;
  return sum;
}

function squaresOf(
  { height, width }: Extent,
  { squares, smallest, largest }: { squares: number; smallest: number; largest: number },
  numbers: Random,
): Uint32Array[] {
  const shorter = Math.min(height, width);
  return Array.from({ length: squares }, () => {
    const part = smallest + (largest - smallest) * numbers.uniform();
    const side = Math.min(shorter, Math.max(1, Math.round(part * shorter)));
    const top = Math.floor(numbers.uniform() * (height - side + 1));
    const left = Math.floor(numbers.uniform() * (width - side + 1));
    return Uint32Array.from({ length: side * side }, (_, i) => {
      return (top + Math.floor(i / side)) * width + left + (i % side);
    });
  });
}
