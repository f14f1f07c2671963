import { number, whole } from "../../methods/core/settings.js";
import { random } from "../../tensor/random.js";
import { colorIn } from "../fill.js";
import { extentOf, withNumbers } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Max-sensitivity: the largest relative change of a map under small changes of the picture,
 *
 *     max over ‖δ‖∞ ≤ r of ‖Φ(x + δ) − Φ(x)‖ / ‖Φ(x)‖
 *
 * estimated from below by random δ. The class is fixed.
 *
 * @see C.-K. Yeh, C.-Y. Hsieh, A. Suggala, D. Inouye, P. Ravikumar, "On the (In)fidelity and Sensitivity of
 * Explanations", NeurIPS 2019, definition 3.1.
 */
export const maxSensitivity = evaluationTest({
  name: "max-sensitivity",
  title: "Max-sensitivity",
  paper:
    "C.-K. Yeh, C.-Y. Hsieh, A. Suggala, D. Inouye, P. Ravikumar, On the (In)fidelity and Sensitivity of Explanations, " +
    "NeurIPS 2019",
  about:
    "Small random noise is added to every pixel, several times. The result is the largest relative distance between the " +
    "maps with and without noise.",
  settings: {
    radius: number(
      0.02,
      "largest change of a pixel, as a fraction of the range from black to white",
      0,
    ),
    samples: whole(10, "random changes", 1),
  },
  measures: () => [
    {
      name: "max-sensitivity",
      title: "max ‖Φ(x + δ) − Φ(x)‖ / ‖Φ(x)‖",
      better: "lower",
      single: true,
    },
  ],
  notShown: [
    "A map that ignores the picture is perfectly insensitive: the random and centre-blur baselines get 0.",
    "The maximum is over a few random changes. An adversarial change can alter the map much more.",
    biases.network,
  ],
  measure: async ({ subject, map, maker, seed }, { radius, samples }) => {
    const { channels, pixels } = extentOf(subject);
    const [black, white] = [
      [0, 0, 0],
      [255, 255, 255],
    ].map((rgb) => colorIn(subject, rgb));
    const numbers = random(seed ^ subject.seed);
    const norm = distance(map, new Float32Array(map.length));
    let largest = 0;
    for (let n = 0; n < samples; n++) {
      const changed = subject.x.data.slice();
      for (let c = 0; c < channels; c++) {
        const reach = radius * Math.abs(white![c]! - black![c]!);
        for (let i = c * pixels; i < (c + 1) * pixels; i++)
          changed[i]! += reach * (2 * numbers.uniform() - 1);
      }
      const [moved] = await maker.maps([withNumbers(subject, changed)]);
      largest = Math.max(largest, distance(moved!, map) / norm);
    }
    return { "max-sensitivity": [largest] };
  },
});

/** ‖a − b‖₂ */
function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}
