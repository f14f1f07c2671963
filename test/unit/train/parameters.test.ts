import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/errors.js";
import { int } from "../../../src/onnx/attribute.js";
import type { TypedGraph, Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { float32, full } from "../../../src/tensor/tensor.js";
import { asClassifier, freshWeights, storedWeights } from "../../../src/train/classifier.js";
import { sgd } from "../../../src/train/optimizers/sgd.js";
import { trainingStep } from "../../../src/train/training-step.js";
import { newGraph } from "../../support/graphs.js";
import { trainable } from "../../support/training.js";

describe("the parameters of an exported network", () => {
  it.each(["legacy", "dynamo"])("are the ones that PyTorch trains (%s)", async (exporter) => {
    const { parameters, statistics } = await trainable("plain", exporter);
    const told = parameters.map(({ name, role, fanIn }) => [name, role, fanIn]);
    expect(told).toEqual([
      ["0.weight", "weight", 27],
      ["0.bias", "bias", 27],
      ["1.weight", "scale", undefined],
      ["1.bias", "shift", undefined],
      ["4.weight", "weight", 54],
      ["5.weight", "scale", undefined],
      ["5.bias", "shift", undefined],
      ["9.weight", "weight", 8],
      ["9.bias", "bias", 8],
    ]);
    // PyTorch's momenta, 0.1 and 0.3; ONNX stores 1 − momentum in float32.
    expect(statistics.map((s) => [s.mean, s.variance, Number(s.momentum.toFixed(6))])).toEqual([
      ["1.running_mean", "1.running_var", 0.1],
      ["5.running_mean", "5.running_var", 0.3],
    ]);
  });
});

/** conv ∘ normalize → BatchNorm with the given constants → scores. */
function network(norm: readonly string[], normalize = false): TypedGraph {
  const b = newGraph();
  const channels = 20;
  const ones = b.constant(full("float32", [channels], 1), "ones");
  const zeros = b.constant(full("float32", [channels], 0), "zeros");
  const named: Record<string, Value> = { ones, zeros };
  let x = b.input("x", { dtype: "float32", shape: ["N", 3, 4, 4] });
  if (normalize) x = b.sub(x, b.constant(float32([1, 3, 1, 1], [0.4, 0.5, 0.6]), "mean"));
  const kernel = b.constant(full("float32", [channels, 3, 1, 1], 0.1), "kernel");
  x = b.op("Conv", [x, kernel], {}, "conv");
  x = b.op("BatchNormalization", [x, ...norm.map((name) => named[name]!)], {}, "norm1");
  x = b.op("BatchNormalization", [x, ...norm.map((name) => named[name]!)], {}, "norm2");
  const scores = b.op("Flatten", [b.op("GlobalAveragePool", [x])], { axis: int(1) });
  return b.build([{ name: "scores", value: scores }]);
}

describe("equal constants that an exporter has merged", () => {
  it("become parameters and statistics of each BatchNormalization", () => {
    const classifier = asClassifier(network(["ones", "zeros", "zeros", "ones"]), registry);
    expect(classifier.parameters.map((p) => p.name)).toEqual([
      "kernel",
      "norm1/scale",
      "norm1/shift",
      "norm2/scale",
      "norm2/shift",
    ]);
    expect(classifier.statistics.map((s) => s.mean)).toEqual(["norm1/mean", "norm2/mean"]);
    expect(storedWeights(classifier).get("norm2/variance")).toEqual(full("float32", [20], 1));
  });
});

describe("a constant other than a parameter", () => {
  it("is, for example, the mean subtracted from the images", () => {
    const { parameters } = asClassifier(
      network(["ones", "zeros", "zeros", "ones"], true),
      registry,
    );
    expect(parameters.map((p) => p.name)).not.toContain("mean");
  });

  it("is not initialized", async () => {
    const classifier = await trainable("layer-normed", "dynamo");
    const fresh = freshWeights(classifier, 0);
    // A factor of 0.5 set by the PyTorch module itself, without an initialization rule.
    expect(fresh.get("block.scale")?.data).toEqual(
      storedWeights(classifier).get("block.scale")?.data,
    );
    expect(fresh.get("norm.weight")!.data).toEqual(new Float32Array(8).fill(1));
  });
});

it("rejects a batch with a single value per channel", async () => {
  const classifier = await trainable("grouped", "legacy");
  const attempt = (): unknown => trainingStep(classifier, registry, { batch: 1, optimizer: sgd() });
  expect(attempt).toThrow(InputError);
  expect(attempt).toThrow(
    /has a single value per channel, whose variance is undefined; use a larger batch/,
  );
});
