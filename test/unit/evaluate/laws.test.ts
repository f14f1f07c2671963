import { describe, expect, test } from "vitest";
import { classSensitivity } from "../../../src/evaluate/tests/class-sensitivity.js";
import { infidelity } from "../../../src/evaluate/tests/infidelity.js";
import { maxSensitivity } from "../../../src/evaluate/tests/max-sensitivity.js";
import { parameterRandomization } from "../../../src/evaluate/tests/parameter-randomization.js";
import { pointingGame } from "../../../src/evaluate/tests/pointing-game.js";
import { countOf, rankPixels } from "../../../src/evaluate/ranking.js";
import { runGroup, type SampleRecord } from "../../../src/evaluate/run.js";
import { guessLink, Scorer, type Network } from "../../../src/evaluate/scorer.js";
import { sensitivityN } from "../../../src/evaluate/tests/sensitivity-n.js";
import { giniOf } from "../../../src/evaluate/tests/sparseness.js";
import { estimate, meanHeight } from "../../../src/evaluate/statistics.js";
import { random } from "../../../src/tensor/random.js";
import { judge, linear, makerOf, networkOf, picture } from "../../support/evaluation.js";

const numbers = random(5);
const pixels = Array.from({ length: 64 }, () => numbers.normal());
const weights = Array.from({ length: 64 }, () => numbers.normal());
const subject = picture([8, 8], pixels);
/** Gradient × input: of a linear network, the exact part of each pixel. */
const exact = makerOf(pixels.map((v, i) => v * weights[i]!));

describe("of a linear network, gradient × input", () => {
  test("has correlation 1 for sets of any size: it satisfies sensitivity-n", async () => {
    const { values } = await judge(sensitivityN, {
      ...{ network: linear(weights), subject, maker: exact },
      settings: { fractions: [1 / 64, 0.1, 0.5, 0.9] },
    });
    for (const r of values["correlation"]!) expect(r).toBeGreaterThan(1 - 1e-6);
  });

  test("explains every square: its infidelity is 0, at any scale", async () => {
    const scaled = makerOf(pixels.map((v, i) => -7 * v * weights[i]!));
    for (const maker of [exact, scaled]) {
      const { values } = await judge(infidelity, { network: linear(weights), subject, maker });
      expect(values["unexplained"]![0]).toBeLessThan(1e-10);
    }
  });
});

test("random numbers explain a part of a linear network's changes, and less than all", async () => {
  const maker = makerOf(Array.from({ length: 64 }, () => numbers.normal()));
  const { values } = await judge(infidelity, { network: linear(weights), subject, maker });
  expect(values["unexplained"]![0]).toBeGreaterThan(0.2);
  expect(values["unexplained"]![0]).toBeLessThanOrEqual(1);
});

test("a map of all pixels has no correlation where every set is all pixels", async () => {
  const { values } = await judge(sensitivityN, {
    ...{ network: linear(weights), subject, maker: exact },
    settings: { fractions: [1] },
  });
  expect(values["correlation"]).toEqual([null]);
});

describe("max-sensitivity", () => {
  const settings = { radius: 0.1, samples: 40 };

  test("of a map that does not look at the picture is 0", async () => {
    const { values } = await judge(maxSensitivity, {
      ...{ network: linear(weights), subject, maker: makerOf(weights), settings },
    });
    expect(values["max-sensitivity"]).toEqual([0]);
  });

  test("of the picture itself is the largest change, which the radius bounds", async () => {
    const one = picture([1, 1], [200]);
    const maker = makerOf(({ x }) => x.data);
    const { values } = await judge(maxSensitivity, {
      ...{ network: linear([1]), subject: one, maker, settings },
    });
    // A tenth of the 255 between black and white, over 200; forty draws come near it.
    expect(values["max-sensitivity"]![0]).toBeLessThanOrEqual(25.5 / 200);
    expect(values["max-sensitivity"]![0]).toBeGreaterThan(0.8 * (25.5 / 200));
  });
});

describe("the sanity checks", () => {
  test("find a map alike that is the same for every class, and unlike one that is not", async () => {
    const network = networkOf((x) => [x[0]!, x[1]!, x[2]!]);
    const blind = makerOf(weights);
    const seeing = makerOf(({ target }) => {
      const own = random(target);
      return Array.from({ length: 64 }, () => own.uniform());
    });
    const same = await judge(classSensitivity, { network, subject, maker: blind });
    expect(same.values["spearman"]![0]).toBeCloseTo(1, 9);
    expect(same.values["ssim"]![0]).toBeCloseTo(1, 9);
    const other = await judge(classSensitivity, { network, subject, maker: seeing });
    expect(other.values["spearman"]![0]).toBeLessThan(0.5);
    expect(other.values["ssim"]![0]).toBeLessThan(0.5);
  });

  test("compare with the least likely class where that is asked for", async () => {
    const network = networkOf(() => [3, 1, -2, 2]);
    const asked: number[] = [];
    const maker = makerOf(({ target }) => {
      asked.push(target);
      return weights;
    });
    await judge(classSensitivity, { network, subject, maker, settings: { against: "least" } });
    expect(asked).toEqual([0, 2]);
  });

  test("compare with the map of a randomised network", async () => {
    const reversed = makerOf(pixels.map((_, i) => 64 - i));
    const maker = makerOf(pixels.map((_, i) => i));
    const { values } = await judge(parameterRandomization, {
      ...{ network: linear(weights), subject, maker, randomized: reversed },
    });
    expect(values["spearman"]).toEqual([-1]);
  });

  test("randomise from one layer to all of them", () => {
    const stages = (count: number, layers: number) =>
      parameterRandomization.stages!({ stages: count }, layers);
    expect(stages(5, 21)).toEqual([1, 6, 11, 16, 21]);
    expect(stages(6, 3)).toEqual([1, 2, 3]);
    expect(stages(1, 9)).toEqual([9]);
  });
});

describe("the pointing game", () => {
  const map = Array.from({ length: 16 }, (_, i) => (i === 5 ? 3 : i === 10 ? -9 : 1));
  const at = (left: number, top: number, right: number, bottom: number) => ({
    ...picture([4, 4], map),
    boxes: [{ left, top, right, bottom }],
  });
  const network = linear(map);

  test("is a hit where the highest point lies in the box", async () => {
    const maker = makerOf(map);
    // Pixel 5 is row 1, column 1. Positive values add up to 17.
    const hit = await judge(pointingGame, { network, subject: at(1, 1, 2, 2), maker });
    expect(hit.values).toEqual({ hit: [1], energy: [3 / 17] });
    const miss = await judge(pointingGame, { network, subject: at(2, 2, 4, 4), maker });
    expect(miss.values).toEqual({ hit: [0], energy: [3 / 17] });
  });

  test("has a tolerance beside the box", async () => {
    const asked = { network, subject: at(2, 1, 4, 2), maker: makerOf(map) };
    const near = await judge(pointingGame, { ...asked, settings: { tolerance: 0.5 } });
    expect(near.values["hit"]).toEqual([1]);
    const strict = await judge(pointingGame, { ...asked, settings: { tolerance: 0.4 } });
    expect(strict.values["hit"]).toEqual([0]);
  });
});

test("the Gini index is 0 for equal values and 1 − 1/n for a single one", () => {
  expect(giniOf(new Float32Array(10).fill(2))).toBeCloseTo(0, 12);
  expect(giniOf(Float32Array.of(0, 0, -5, 0))).toBeCloseTo(0.75, 12);
});

test("every pixel has one rank", () => {
  const map = Float32Array.from({ length: 100 }, (_, i) => i % 3);
  for (const first of ["least", "most"] as const) {
    for (const ties of ["position", "random"] as const) {
      const order = rankPixels(map, { first, absolute: false, ties, seed: 4 });
      expect([...order].sort((a, b) => a - b)).toEqual([...map.keys()]);
      const values = [...order].map((i) => map[i]!);
      const sorted = values.toSorted((a, b) => (first === "least" ? a - b : b - a));
      expect(values).toEqual(sorted);
    }
  }
  expect([0, 0.004, 0.005, 0.5, 1].map((part) => countOf(part, 100))).toEqual([0, 0, 1, 50, 100]);
});

describe("estimates", () => {
  test("of a normal sample hold the mean in an interval of about ±1.96 standard errors", () => {
    const own = random(8);
    const sample = Array.from({ length: 400 }, () => 5 + own.normal());
    const { n, mean, low, high } = estimate(sample, 0);
    expect(n).toBe(400);
    expect((high! - mean) / (1.96 / 20)).toBeGreaterThan(0.85);
    expect((high! - mean) / (1.96 / 20)).toBeLessThan(1.15);
    expect((mean - low!) / (1.96 / 20)).toBeGreaterThan(0.85);
    expect((mean - low!) / (1.96 / 20)).toBeLessThan(1.15);
  });

  test("leave out what is not finite, and say how many are left", () => {
    expect(estimate([1, NaN, 3, Infinity], 0)).toMatchObject({ n: 2, mean: 2, median: 2 });
    expect(estimate([4], 0)).toEqual({ n: 1, mean: 4, median: 4 });
  });

  test("are the same for the same seed", () => {
    expect(estimate([1, 2, 3, 9], 3)).toEqual(estimate([1, 2, 3, 9], 3));
  });

  test("of a curve are its area over its width, by trapezoids", () => {
    expect(meanHeight([0, 1, 3], [0, 2, 2])).toBeCloseTo(5 / 3, 12);
  });
});

test("a probability comes of logits by softmax, of one logit by a sigmoid, and of probabilities by itself", () => {
  expect(guessLink([2, -1, 0.5])).toBe("softmax");
  expect(guessLink([0.2, 0.3])).toBe("softmax");
  expect(guessLink([0.2])).toBe("sigmoid");
  expect(guessLink([0.25, 0.75])).toBe("output");
});

test("a run that is aborted stops before the next forward pass, and keeps what it has", async () => {
  const controller = new AbortController();
  let passes = 0;
  const network: Network = {
    predict: (x) => {
      if (++passes === 3) controller.abort(new Error("enough"));
      return linear(weights).predict(x);
    },
  };
  const kept: string[] = [];
  const run = {
    ...{ test: sensitivityN, settings: { fractions: [0.5], sets: 3, fill: "black" }, seed: 0 },
    makers: [exact, { ...exact, name: "second" }],
    scorer: new Scorer(network, "output", 3, controller.signal),
    signal: controller.signal,
  };
  const subjects = [subject, { ...subject, name: "other" }];
  const keeper = {
    find: () => undefined,
    add: (_: unknown, record: SampleRecord) => kept.push(record.sample),
  };
  await expect(runGroup(run, subjects, keeper)).rejects.toThrow("enough");
  expect([passes, kept]).toEqual([3, ["picture"]]);
});
