import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { InputError } from "../../../src/errors.js";
import { registry } from "../../../src/ops/all.js";
import { adam } from "../../../src/train/optimizers/adam.js";
import { checkpointFile } from "../../../src/train/checkpoint-file.js";
import { freshWeights, type Weights } from "../../../src/train/classifier.js";
import { subset } from "../../../src/train/data/dataset.js";
import { constant, cosine } from "../../../src/train/optimizers/schedule.js";
import { sgd } from "../../../src/train/optimizers/sgd.js";
import { train, type TrainOptions } from "../../../src/train/train.js";
import { relativeL2 } from "../../support/compare.js";
import { digits, initial, pyTorch, small } from "../../support/digits.js";

const folder = mkdtempSync(join(tmpdir(), "fullgrad-train-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const usual: TrainOptions = {
  backend: ortBackend({ threads: 1 }),
  registry,
  epochs: 6,
  batch: 32,
  optimizer: sgd(),
  schedule: constant(0.05),
  seed: 0,
};
const some = subset(
  digits.train,
  Array.from({ length: 70 }, (_, i) => i),
);

describe("a small CNN on handwritten digits", () => {
  it("learns as in PyTorch", async () => {
    const { history } = await train(small, digits.train, {
      ...usual,
      weights: initial,
      test: digits.test,
    });
    const losses = history.map((h) => h.loss);
    const accuracies = history.map((h) => h.testAccuracy!);
    expect(relativeL2(losses, pyTorch.loss)).toBeLessThan(1e-5);
    // The same number of images is classified correctly after every epoch; rounding may change one of the 160.
    accuracies.forEach((accuracy, epoch) => {
      expect(Math.abs(accuracy - pyTorch.accuracy[epoch]!)).toBeLessThan(0.01);
    });
  });

  it("learns with Adam and a decaying rate", async () => {
    const options = { ...usual, optimizer: adam(), schedule: cosine(0.01, 6), test: digits.test };
    const { history } = await train(small, digits.train, options);
    expect(history.at(-1)!.testAccuracy).toBeGreaterThan(0.8);
  });
});

const same = (a: Weights, b: Weights): boolean =>
  [...a].every(([name, t]) => relativeL2(t, b.get(name)!) === 0);

describe("a run interrupted within an epoch", () => {
  it("gives the same weights when resumed", async () => {
    const options = {
      ...usual,
      epochs: 4,
      schedule: cosine(0.05, 4),
      optimizer: adam(),
      test: digits.test,
    };
    const whole = await train(small, some, options);
    const checkpoint = checkpointFile(join(folder, "stopped"));
    const stop = new AbortController();
    const stopped = train(small, some, {
      ...options,
      checkpoint,
      signal: stop.signal,
      onBatch: ({ epoch, done }) => {
        if (epoch === 2 && done === 1) stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    let repeated = 0;
    const resumed = await train(small, some, { ...options, checkpoint, onEpoch: () => repeated++ });
    expect(repeated).toBe(2);
    expect(resumed.history).toEqual(whole.history);
    expect(same(resumed.weights, whole.weights)).toBe(true);
  });

  it("rejects a checkpoint with other settings, and a truncated one", async () => {
    const path = join(folder, "other");
    const options = { ...usual, epochs: 1, checkpoint: checkpointFile(path) };
    await train(small, some, options);
    await expect(train(small, some, { ...options, seed: 1 })).rejects.toThrow(
      /checkpoint belongs to another run/,
    );
    writeFileSync(path, readFileSync(path).subarray(0, -100));
    await expect(train(small, some, options)).rejects.toThrow(InputError);
  });
});

describe("a seed", () => {
  it("determines the initial weights and the order of the images", async () => {
    const run = (seed: number): Promise<Weights> =>
      train(small, some, { ...usual, epochs: 1, seed }).then((r) => r.weights);
    const [a, b, c] = [await run(3), await run(3), await run(4)];
    expect(same(a, b)).toBe(true);
    expect(same(a, c)).toBe(false);
  });

  it("gives weights distributed as in PyTorch's layers: uniform within 1/√fan_in", () => {
    const weights = freshWeights(small, 7);
    const values = Array.from(weights.get("conv2.weight")!.data as Float32Array);
    const bound = 1 / Math.sqrt(8 * 9);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
    const variance = values.reduce((s, v) => s + v * v, 0) / values.length;
    // Of 1152 numbers: a uniform variance b²/3, with a standard error of 2.6 %.
    expect(variance / (bound ** 2 / 3)).toBeGreaterThan(0.9);
    expect(variance / (bound ** 2 / 3)).toBeLessThan(1.1);
    expect(weights.get("norm2.weight")!.data).toEqual(new Float32Array(16).fill(1));
    expect(weights.get("norm2.running_mean")!.data).toEqual(new Float32Array(16));
  });
});

it("rejects images of the wrong shape, naming the right one", async () => {
  const wrong = { ...digits.train, shape: [3, 8, 8] };
  await expect(train(small, wrong, usual)).rejects.toThrow(/takes images \[1,8,8\], not \[3,8,8\]/);
  const many = { ...digits.train, classes: 11 };
  await expect(train(small, many, usual)).rejects.toThrow(/11 classes, the network 10/);
});
