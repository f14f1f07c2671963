import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { confidenceChange } from "../../../src/evaluate/tests/confidence-change.js";
import { infidelityOf, sumOver } from "../../../src/evaluate/tests/infidelity.js";
import { insertionDeletion } from "../../../src/evaluate/tests/insertion-deletion.js";
import { imputeLinearly } from "../../../src/evaluate/linear-imputation.js";
import { road } from "../../../src/evaluate/tests/road.js";
import type { Network } from "../../../src/evaluate/scorer.js";
import { Scorer } from "../../../src/evaluate/scorer.js";
import { ssim } from "../../../src/evaluate/similarity.js";
import { giniOf } from "../../../src/evaluate/tests/sparseness.js";
import { pearson, spearman } from "../../../src/evaluate/statistics.js";
import type { Subject } from "../../../src/evaluate/subject.js";
import { sliceBatch } from "../../../src/tensor/batches.js";
import { presets } from "../../../src/image/preprocess.js";
import { load } from "../../../src/model/load.js";
import { decodeNpy } from "../../../src/tensor/npy.js";
import { random } from "../../../src/tensor/random.js";
import type { Tensor } from "../../../src/tensor/tensor.js";
import { fixture, tinyInput, tinyRelu } from "../../end-to-end/cli-harness.js";
import { judge, makerOf } from "../../support/evaluation.js";

interface Golden {
  readonly targets: readonly number[];
  readonly maps: readonly number[][];
  readonly signed: readonly number[][];
  readonly impute: { readonly removed: number[]; readonly picture: number[] };
  readonly road: {
    readonly fractions: number[];
    readonly morf: number[][];
    readonly lerf: number[][];
  };
  readonly confidence: { readonly drop: number[]; readonly increase: number[] };
  readonly sparseness: number[];
  readonly flipping: {
    readonly step: number;
    readonly maps: number[][];
    readonly curves: number[][];
  };
  readonly infidelity: readonly { readonly squares: number[][]; readonly value: number }[];
  readonly similarity: {
    readonly spearman: number;
    readonly pearson: number;
    readonly ssim: number;
    readonly wide: readonly [number[], number[]];
    readonly ssimWide: number;
  };
}

const golden = JSON.parse(readFileSync(fixture("evaluate", "golden.json"), "utf8")) as Golden;
const extent = { channels: 3, height: 8, width: 8, pixels: 64 };

function inputs(path: string): Tensor<"float32"> {
  return decodeNpy(readFileSync(path), path) as Tensor<"float32">;
}

function subjectOf(x: Tensor, n: number, target: number): Subject {
  const one = sliceBatch(x, [n]) as Tensor<"float32">;
  return { name: `${n}`, x: one, target, seed: n, preprocessing: presets.imagenet };
}

let network: Network;
let subjects: readonly Subject[];

beforeAll(async () => {
  network = await load(tinyRelu);
  subjects = golden.targets.map((target, n) => subjectOf(inputs(tinyInput), n, target));
});

function expectClose(found: readonly (number | null)[], wanted: readonly number[], within: number) {
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(found[i]! - value), `place ${i}`).toBeLessThan(within);
  });
}

test("linear imputation solves the system of pytorch-grad-cam's imputer", () => {
  const removed = Uint32Array.from(golden.impute.removed);
  const filled = imputeLinearly(subjects[0]!.x.data, removed, extent, 0, random(0));
  expectClose([...filled], golden.impute.picture, 2e-5);
});

test("imputation noise has the standard deviation that was asked for", () => {
  const removed = Uint32Array.from({ length: 63 }, (_, i) => i);
  const exact = imputeLinearly(subjects[0]!.x.data, removed, extent, 0, random(0));
  const noisy = imputeLinearly(subjects[0]!.x.data, removed, extent, 0.5, random(3));
  const differences = [...noisy].map((v, i) => v - exact[i]!).filter((v) => v !== 0);
  const deviation = Math.sqrt(differences.reduce((s, v) => s + v * v, 0) / differences.length);
  expect(differences).toHaveLength(189);
  expect(deviation).toBeGreaterThan(0.4);
  expect(deviation).toBeLessThan(0.6);
});

test("a picture without remaining pixels becomes its mean colour", () => {
  const all = Uint32Array.from({ length: 64 }, (_, i) => i);
  const { data } = subjects[0]!.x;
  const filled = imputeLinearly(data, all, extent, 0, random(0));
  const mean = data.subarray(0, 64).reduce((p, q) => p + q, 0) / 64;
  expectClose([...filled.subarray(0, 64)], Array<number>(64).fill(mean), 1e-6);
});

test("ROAD without noise equals pytorch-grad-cam's", async () => {
  const { fractions, morf, lerf } = golden.road;
  for (const [n, subject] of subjects.entries()) {
    const { values } = await judge(road, {
      ...{ network, subject, link: "softmax", settings: { fractions, noise: 0 } },
      maker: makerOf(golden.maps[n]!),
    });
    expectClose(values["morf"]!, morf[n]!, 1e-5);
    expectClose(values["lerf"]!, lerf[n]!, 1e-5);
    expectClose(
      values["combined"]!,
      morf[n]!.map((m, i) => (lerf[n]![i]! - m) / 2),
      1e-5,
    );
  }
});

test("drop and increase in confidence equal pytorch-grad-cam's, whose drop is not divided by p", async () => {
  for (const [n, subject] of subjects.entries()) {
    const { values, probability } = await judge(confidenceChange, {
      ...{ network, subject, link: "softmax", settings: { fill: "dataset-mean" } },
      maker: makerOf(golden.maps[n]!),
    });
    expectClose([values["average-drop"]![0]! * probability], [golden.confidence.drop[n]!], 1e-6);
    expect(values["increase"]).toEqual([golden.confidence.increase[n]!]);
  }
});

test("the Gini index equals quantus's sparseness", () => {
  const found = golden.signed.map((map) => giniOf(Float32Array.from(map)));
  expectClose(found, golden.sparseness, 1e-6);
});

test("deletion to zero equals quantus's pixel flipping", async () => {
  const one = await load(fixture("forms", "one-channel.legacy.onnx"));
  const x = inputs(fixture("forms", "one-channel", "input.npy"));
  const { step, maps, curves } = golden.flipping;
  const steps = maps[0]!.length / step;
  for (const [n, curve] of curves.entries()) {
    const output = await one.predict(sliceBatch(x, [n]));
    const scores = [...(output.data as Float32Array)];
    const subject = subjectOf(x, n, scores.indexOf(Math.max(...scores)));
    const { values } = await judge(insertionDeletion, {
      ...{ network: one, subject, link: "softmax", settings: { steps, empty: "dataset-mean" } },
      maker: makerOf(maps[n]!),
    });
    expectClose(values["deletion"]!.slice(1), curve, 1e-6);
    // What is inserted into an empty picture in the other order is what was left of the whole one.
    const reversed = await judge(insertionDeletion, {
      ...{ network: one, subject, link: "softmax", settings: { steps, empty: "dataset-mean" } },
      maker: makerOf(maps[n]!.map((v) => -v)),
    });
    expectClose(reversed.values["insertion"]!.toReversed().slice(1), curve, 1e-6);
  }
});

test("infidelity with the best scale equals captum's", async () => {
  const scorer = new Scorer(network, "output", 4);
  for (const [n, { squares, value }] of golden.infidelity.entries()) {
    const subject = subjects[n]!;
    const regions = squares.map((square) => Uint32Array.from(square));
    const variants = regions.map((region) => {
      const data = subject.x.data.slice();
      for (const pixel of region) for (let c = 0; c < 3; c++) data[c * 64 + pixel] = 0;
      return data;
    });
    const [before, ...after] = await scorer.scores(subject, [subject.x.data, ...variants]);
    const map = Float32Array.from(golden.signed[n]!);
    const { infidelity } = infidelityOf(
      regions.map((region) => sumOver(map, region)),
      after.map((score) => before!.output - score.output),
    );
    expectClose(infidelity, [value], 1e-6);
  }
});

test("correlations and SSIM equal scipy's and scikit-image's", () => {
  const [a, b] = golden.maps.map((map) => Float32Array.from(map)) as [Float32Array, Float32Array];
  const tied = b.map((v) => {
    const scaled = v * 8;
    const floor = Math.floor(scaled);
    // Halves to even, as numpy rounds.
    return (scaled - floor === 0.5 ? floor + (floor % 2) : Math.round(scaled)) / 8;
  });
  const { wide, ...wanted } = golden.similarity;
  expectClose([spearman(a, tied)], [wanted.spearman], 1e-9);
  expectClose([pearson(a, tied)], [wanted.pearson], 1e-6);
  expectClose([ssim(a, tied, extent)], [wanted.ssim], 1e-5);
  const [p, q] = wide.map((map) => Float32Array.from(map)) as [Float32Array, Float32Array];
  const size = { channels: 1, height: 24, width: 30, pixels: 720 };
  expectClose([ssim(p, q, size)], [wanted.ssimWide], 1e-5);
});
