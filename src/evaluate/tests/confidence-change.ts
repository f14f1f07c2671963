import { fill, remover } from "../fill.js";
import { extentOf } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Average drop and increase in confidence: the picture is faded out where the map is low, and the probability of the
 * class changes from p to q. The drop is max(0, p − q) / p; the increase is 1 if q > p, else 0.
 *
 * @see A. Chattopadhay, A. Sarkar, P. Howlader, V. N. Balasubramanian, "Grad-CAM++", WACV 2018, sec. 5.1.
 */
export const confidenceChange = evaluationTest({
  name: "confidence-change",
  title: "Average drop and increase in confidence",
  paper:
    "A. Chattopadhay, A. Sarkar, P. Howlader, V. N. Balasubramanian, Grad-CAM++: Improved Visual Explanations for Deep " +
    "Convolutional Networks, WACV 2018",
  about:
    "The picture is faded out by the map, scaled from 0 at its minimum to 1 at its maximum. The drop is the relative " +
    "decrease of the class's probability; the increase is the fraction of images whose probability grows.",
  settings: { fill: fill("black", "replacement of the picture where the map is low") },
  measures: () => [
    {
      name: "average-drop",
      title: "average drop, max(0, p − q) / p",
      better: "lower",
      single: true,
    },
    { name: "increase", title: "increase in confidence, q > p", better: "higher", single: true },
  ],
  notShown: [
    "A map that is high everywhere causes hardly any drop: both numbers reward large, smooth maps. The same map with " +
      "another scaling (its square root, a percentile) gets another number.",
    biases.outOfDistribution,
    biases.centre,
    biases.network,
  ],
  measure: async ({ subject, map, scorer, original }, settings) => {
    const { channels, pixels } = extentOf(subject);
    const everything = Uint32Array.from({ length: pixels }, (_, i) => i);
    const other = remover(subject, settings.fill)(everything);
    const mask = fromZeroToOne(map);
    const faded = subject.x.data.slice();
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < pixels; i++) {
        const at = c * pixels + i;
        faded[at] = other[at]! + mask[i]! * (faded[at]! - other[at]!);
      }
    }
    const [score] = await scorer.scores(subject, [faded]);
    const [before, after] = [original.probability, score!.probability];
    return {
      "average-drop": [Math.max(0, before - after) / before],
      increase: [Number(after > before)],
    };
  },
});

/** (map − min) / (max − min); 0 everywhere for a constant map. */
export function fromZeroToOne(map: Float32Array): Float32Array {
  const min = map.reduce((p, q) => Math.min(p, q), Infinity);
  const range = map.reduce((p, q) => Math.max(p, q), -Infinity) - min;
  return map.map((v) => (range > 0 ? (v - min) / range : 0));
}
