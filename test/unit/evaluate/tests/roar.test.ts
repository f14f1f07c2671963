import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { rankImages, withoutPixels } from "../../../../src/evaluate/removed-pixels.js";
import {
  roar,
  type RoarKeeper,
  type RoarOptions,
  type RoarRun,
} from "../../../../src/evaluate/tests/roar.js";
import type { Explainer } from "../../../../src/evaluate/subject.js";
import { presets } from "../../../../src/image/preprocess.js";
import { registry } from "../../../../src/ops/all.js";
import { random } from "../../../../src/tensor/random.js";
import { asClassifier } from "../../../../src/train/classifier.js";
import { inMemory, type Dataset } from "../../../../src/train/data/dataset.js";
import { constant } from "../../../../src/train/optimizers/schedule.js";
import { sgd } from "../../../../src/train/optimizers/sgd.js";
import { smallCnn } from "../../../../src/train/networks/small-cnn.js";

const side = 6;
const area = side * side;

/** Noise; one of two pixels is bright, and which one it is, is the class. */
function planted(count: number, seed: number): Dataset {
  const numbers = random(seed);
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const pixels = Float32Array.from({ length: count * area }, () => numbers.uniform() - 0.5);
  labels.forEach((label, i) => (pixels[i * area + placeOf(label)] = 6));
  return inMemory(pixels, labels, [1, side, side], 2);
}
const placeOf = (label: number): number => (label === 0 ? 14 : 21);

/** A map that is 1 at some places of each image. */
function pointing(name: string, places: (pixels: Float32Array) => readonly number[]): Explainer {
  return {
    name,
    isBaseline: false,
    maps: (subjects) =>
      Promise.resolve(
        subjects.map(({ x }) => {
          const map = new Float32Array(area);
          for (const place of places(x.data)) map[place] = 1;
          return map;
        }),
      ),
  };
}
const knowing = pointing("knowing", (pixels) => [pixels.indexOf(6)]);
const wrong = pointing("wrong", () => [0]);

function memory(): RoarKeeper & { readonly runs: RoarRun[] } {
  const runs: RoarRun[] = [];
  const places = new Map<string, Uint8Array>();
  return {
    runs,
    find: (key) =>
      runs.find(
        (r) =>
          r.mode === key.mode &&
          r.method === key.method &&
          r.fraction === key.fraction &&
          r.seed === key.seed,
      ),
    add: (run) => runs.push(run),
    checkpoint: (name) => ({
      read: () => Promise.resolve(places.get(name)),
      write: (bytes) => Promise.resolve(void places.set(name, bytes)),
      remove: () => Promise.resolve(void places.delete(name)),
    }),
  };
}

const classifier = asClassifier(
  smallCnn(registry, { shape: [1, side, side], classes: 2, widths: [4, 8] }),
  registry,
);
const usual: Omit<RoarOptions, "keeper"> = {
  classifier,
  data: { train: planted(120, 1), test: planted(60, 2) },
  modes: ["roar"],
  fractions: [1 / area, 1],
  seeds: [0, 1],
  training: {
    backend: ortBackend({ threads: 1 }),
    registry,
    epochs: 4,
    batch: 20,
    optimizer: sgd(),
    schedule: constant(0.05),
  },
  makers: () => [knowing, wrong],
  target: "label",
  ranking: { rank: "absolute", seed: 0, batch: 16, preprocessing: presets.none },
  color: [0],
};
const accuracies = (runs: readonly RoarRun[], method: string, fraction: number): number[] =>
  runs.filter((r) => r.method === method && r.fraction === fraction).map((r) => r.accuracy);

describe("networks that are trained without the pixels of a map", () => {
  it("know nothing where the map knew everything, and all where it knew nothing", async () => {
    const runs = await roar({ ...usual, keeper: memory() });
    expect(runs.length).toBe(2 + 2 * 2 * 2);
    for (const accuracy of accuracies(runs, "", 0)) expect(accuracy).toBeGreaterThan(0.95);
    for (const accuracy of accuracies(runs, "wrong", 1 / area))
      expect(accuracy).toBeGreaterThan(0.95);
    for (const accuracy of accuracies(runs, "knowing", 1 / area))
      expect(accuracy).toBeLessThan(0.7);
    // Nothing is left: every image is the same, so every answer is, and half of the labels.
    for (const method of ["knowing", "wrong"])
      expect(accuracies(runs, method, 1)).toEqual([0.5, 0.5]);
  });

  it("learn from the kept pixels alone what the map knew, and from their places alone too", async () => {
    const options = {
      ...usual,
      modes: ["kar", "mask"] as const,
      fractions: [1 / area],
      seeds: [0],
    };
    const runs = await roar({ ...options, keeper: memory() });
    const found = (mode: string, method: string): number =>
      runs.find((r) => r.mode === mode && r.method === method)!.accuracy;
    // The bright pixel's place is the class; the corner that the other map points at is noise in every image.
    for (const mode of ["kar", "mask"]) expect(found(mode, "knowing"), mode).toBeGreaterThan(0.95);
    expect(found("kar", "wrong")).toBeLessThan(0.7);
    expect(found("mask", "wrong")).toBe(0.5);
  });

  it("are trained for all methods at a fraction before the next fraction", async () => {
    const training = { ...usual.training, epochs: 1 };
    const options = { ...usual, modes: ["roar", "mask"] as const, seeds: [0], training };
    const runs = await roar({ ...options, keeper: memory() });
    expect(runs.slice(1).map((r) => [r.fraction, r.mode ?? "roar", r.method])).toEqual(
      [1 / area, 1].flatMap((fraction) =>
        ["roar", "mask"].flatMap((mode) =>
          ["knowing", "wrong"].map((method) => [fraction, mode, method]),
        ),
      ),
    );
  });

  it("come out the same when the experiment is stopped and repeated", async () => {
    const options = { ...usual, fractions: [0.5], makers: () => [wrong] };
    const whole = await roar({ ...options, keeper: memory() });
    const keeper = memory();
    const stop = new AbortController();
    const stopped = roar({
      ...options,
      keeper,
      training: { ...usual.training, signal: stop.signal },
      onProgress: ({ done, part = 0 }) => {
        if (done === 2 && part > 0.6) stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    expect(keeper.runs.length).toBe(2);
    expect(await roar({ ...options, keeper })).toEqual(whole);
  });
});

describe("removing pixels", () => {
  const data = inMemory(
    Float32Array.from({ length: 2 * 3 * area }, (_, i) => i),
    [0, 1],
    [3, side, side],
    2,
  );
  const options = usual.ranking;

  it("takes the most salient ones, in all channels, and just as many as are asked for", async () => {
    const rising: Explainer = {
      name: "rising",
      isBaseline: false,
      maps: (subjects) =>
        Promise.resolve(subjects.map(() => Float32Array.from({ length: area }, (_, i) => i))),
    };
    const orders = await rankImages(data, "train", rising, undefined, options);
    const { x } = await withoutPixels(data, orders, 0.25, [-1, -2, -3]).get(1);
    const kept = Array.from({ length: 3 }, (_, c) =>
      Array.from({ length: area }, (_, i) => (i < 27 ? (3 + c) * area + i : -1 - c)),
    );
    expect(Array.from(x.data as Float32Array)).toEqual(kept.flat());
  });

  it("takes pixels of equal saliency in a random order, another one for each image", async () => {
    const flat = pointing("flat", () => []);
    const order = async (seed: number): Promise<string[]> => {
      const orders = await rankImages(data, "train", flat, undefined, { ...options, seed });
      return [orders.subarray(0, area).join(), orders.subarray(area).join()];
    };
    const [a, b, c] = [await order(1), await order(1), await order(2)];
    expect(a).toEqual(b);
    expect(a[0]).not.toBe(a[1]);
    expect(a[0]).not.toBe(c[0]);
    expect(
      a[0]!
        .split(",")
        .map(Number)
        .sort((p, q) => p - q),
    ).toEqual(Array.from({ length: area }, (_, i) => i));
  });
});
