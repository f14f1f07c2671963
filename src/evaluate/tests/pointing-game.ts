import { number } from "../../methods/core/settings.js";
import { extentOf, type ObjectBox } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * The pointing game: whether the maximum of the map lies on the object, and the fraction of the positive map on it.
 *
 * @see J. Zhang, Z. Lin, J. Brandt, X. Shen, S. Sclaroff, "Top-down Neural Attention by Excitation Backprop", ECCV 2016
 * (a hit within 15 pixels counts); H. Wang et al., "Score-CAM", CVPR Workshops 2020 (the energy-based one).
 */
export const pointingGame = evaluationTest({
  name: "pointing-game",
  title: "Pointing game",
  paper:
    "J. Zhang, Z. Lin, J. Brandt, X. Shen, S. Sclaroff, Top-down Neural Attention by Excitation Backprop, ECCV 2016",
  about:
    "A map scores a hit if its maximum lies in a box around the object. The energy is the fraction of the positive map " +
    "inside the boxes.",
  settings: {
    tolerance: number(
      0,
      "distance from a box that still counts as a hit, in pixels of the network's input",
      0,
    ),
  },
  needsBoxes: true,
  measures: () => [
    { name: "hit", title: "maximum on the object", better: "higher", single: true },
    {
      name: "energy",
      title: "fraction of the positive map on the object",
      better: "higher",
      single: true,
    },
  ],
  notShown: [
    biases.centre,
    "A network may use the background, rightly or wrongly. A map that shows this correctly counts as a miss.",
    "Large objects are easy to hit: the random baseline's energy is the boxes' fraction of the picture.",
    biases.network,
  ],
  measure: ({ subject, map }, { tolerance }) => {
    const { width, pixels } = extentOf(subject);
    const boxes = subject.boxes ?? [];
    const highest = map.reduce((best, v, i) => (v > map[best]! ? i : best), 0);
    const isHit = boxes.some((box) => contains(box, highest, width, tolerance));
    let [inside, all] = [0, 0];
    for (let i = 0; i < pixels; i++) {
      const value = Math.max(0, map[i]!);
      all += value;
      if (boxes.some((box) => contains(box, i, width, 0))) inside += value;
    }
    return Promise.resolve({ hit: [Number(isHit)], energy: [inside / all] });
  },
});

/** Whether the middle of a pixel lies in a box, or beside it by no more than the tolerance. */
function contains(box: ObjectBox, pixel: number, width: number, tolerance: number): boolean {
  const [x, y] = [(pixel % width) + 0.5, Math.floor(pixel / width) + 0.5];
  const isIn = (at: number, from: number, to: number): boolean =>
    at >= from - tolerance && at <= to + tolerance;
  return isIn(x, box.left, box.right) && isIn(y, box.top, box.bottom);
}
