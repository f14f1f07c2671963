import { describe, expect, test } from "vitest";
import { predict, probabilitiesOf, topClasses } from "../../../src/model/predictions.js";

describe("probabilitiesOf", () => {
  test("is softmax of logits, of any size", () => {
    const { from, values } = probabilitiesOf([Math.log(1), Math.log(2), Math.log(5)])!;
    expect(from).toBe("softmax");
    expect(values.map((v) => v.toFixed(6))).toEqual(["0.125000", "0.250000", "0.625000"]);
    expect(probabilitiesOf([1000, 1000])!.values).toEqual([0.5, 0.5]);
  });

  test("leaves alone what is a distribution already", () => {
    expect(probabilitiesOf([0.25, 0.75])).toEqual({ from: "output", values: [0.25, 0.75] });
  });

  test.each([
    ["independent probabilities", [0.9, 0.8]],
    ["a single score", [3]],
    ["what is not finite", [1, NaN]],
  ])("is nothing for %s", (_, scores) => {
    expect(probabilitiesOf(scores)).toBeUndefined();
  });
});

test("topClasses puts the lower number first where scores are equal", () => {
  expect(topClasses([1, 3, 3, 2], 3)).toEqual([1, 2, 3]);
});

test("predict names what it can", () => {
  const labels = { source: "s", names: new Map([[1, "dog"]]) };
  expect(predict([0.25, 0.75], labels, 5)).toEqual([
    { class: 1, label: "dog", score: 0.75, probability: 0.75 },
    { class: 0, label: null, score: 0.25, probability: 0.25 },
  ]);
});
