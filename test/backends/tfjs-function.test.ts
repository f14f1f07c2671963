import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { toTfjs, type Tap, type TfjsFunction } from "../../src/tfjs.js";
import { toNumbers } from "../../src/tensor/tensor.js";
import { relativeL2 } from "../support/compare.js";
import { exporters, golden, goldenTensor, networkFile, networkNames } from "../support/networks.js";

type Tf = typeof import("@tensorflow/tfjs");
type TfTensor = ReturnType<Tf["tensor"]>;

const tf = createRequire(import.meta.url)("@tensorflow/tfjs") as Tf;

/** A network's golden input, and its targets as one-hot vectors. */
function sample(name: string): { x: TfTensor; chosen: TfTensor } {
  const input = goldenTensor(name, "input.npy");
  const { target } = golden(name);
  return {
    x: tf.tensor(Float32Array.from(toNumbers(input)), [...input.dims], "float32"),
    chosen: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d([...target], "int32"), 10), "float32")),
  };
}

const scoreOf =
  (f: TfjsFunction, chosen: TfTensor) =>
  (x: TfTensor): TfTensor =>
    tf.sum(tf.mul(f.predict(x), chosen));

describe("tf.grad of an imported model is PyTorch's gradient", () => {
  it.each(networkNames.flatMap((name) => exporters.map((exporter) => [name, exporter] as const)))(
    "%s by the %s exporter, and no tensor is left behind",
    async (name, exporter) => {
      const f = await toTfjs(networkFile(name, exporter));
      await tf.setBackend("wasm");
      const before = tf.memory().numTensors;
      const { x, chosen } = sample(name);
      const gradient = tf.grad(scoreOf(f, chosen))(x);
      const numbers = await gradient.data();
      expect(relativeL2(numbers, goldenTensor(name, "input_gradient.npy"))).toBeLessThan(1e-5);
      for (const t of [gradient, x, chosen]) t.dispose();
      const once = tf.memory().numTensors;
      const again = sample(name);
      tf.grad(scoreOf(f, again.chosen))(again.x).dispose();
      again.x.dispose();
      again.chosen.dispose();
      expect(tf.memory().numTensors).toBe(once);
      f.dispose();
      expect(tf.memory().numTensors).toBeLessThanOrEqual(before);
    },
  );
});

describe("taps", () => {
  it("are complete: in a ReLU network, gradient times bias summed over all taps, plus gradient times image, is the output", async () => {
    const f = await toTfjs(networkFile("tiny-relu", "legacy"), { trainable: true });
    await tf.setBackend("wasm");
    const { x, chosen } = sample("tiny-relu");
    const score = scoreOf(f, chosen);
    const biases = f.trainable.filter((v) => v.rank === 1);
    const { value, grads } = tf.variableGrads(() => score(x).asScalar(), f.trainable);
    const ofInput = tf.sum(tf.mul(tf.grad(score)(x), x)).dataSync()[0]!;
    const ofBiases = biases.map((v) => tf.sum(tf.mul(grads[v.name]!, v)).dataSync()[0]!);
    const sum = ofBiases.reduce((p, q) => p + q, ofInput);
    expect(sum / value.dataSync()[0]!).toBeCloseTo(1, 5);
    f.dispose();
  });

  it("a zero added at a node has the gradient there; for a bias, summed over positions", async () => {
    const f = await toTfjs(networkFile("tiny-relu", "legacy"), { trainable: true });
    await tf.setBackend("wasm");
    const { x, chosen } = sample("tiny-relu");
    const score = scoreOf(f, chosen);
    const { grads } = tf.variableGrads(() => score(x).asScalar(), f.trainable);
    const bias = f.trainable.find((v) => v.rank === 1)!;
    const [{ node }] = f.taps as [Tap];
    const zeros = tf.zeros([x.shape[0], bias.shape[0], ...x.shape.slice(2)]);
    const tapped = tf.grad((zero: TfTensor) =>
      tf.sum(tf.mul(f.predict(x, { add: { [node]: zero } }), chosen)),
    )(zeros);
    const overPlaces = await tf.sum(tapped, [0, 2, 3]).data();
    expect(relativeL2(overPlaces, await grads[bias.name]!.data())).toBeLessThan(1e-5);
    f.dispose();
  });

  it("mismatching tensors are rejected", async () => {
    const f = await toTfjs(networkFile("tiny-relu", "legacy"));
    const { x } = sample("tiny-relu");
    const add = { [f.taps[0]!.node]: tf.zeros([1, 2, 3]) };
    expect(() => f.predict(x, { add })).toThrow(/cannot be added/);
    expect(() => f.predict(x, { add: { nowhere: x } })).toThrow(
      /cannot add to "nowhere": not a bias-bearing node/,
    );
    expect(() => f.predict(tf.zeros([1, 1]))).toThrow(/the tensor \[1,1\]/);
    f.dispose();
  });
});

describe("a trainable model", () => {
  it("learns: one step of tfjs' SGD decreases the loss by the slope from variableGrads", async () => {
    const f = await toTfjs(networkFile("tiny-silu", "dynamo"), { trainable: true });
    await tf.setBackend("wasm");
    const { x, chosen } = sample("tiny-silu");
    const loss = (): ReturnType<TfTensor["asScalar"]> =>
      tf.losses.softmaxCrossEntropy(chosen, f.predict(x)).asScalar();
    const { value, grads } = tf.variableGrads(loss, f.trainable);
    const steepness = Object.values(grads)
      .map((g) => tf.sum(tf.square(g)).dataSync()[0]!)
      .reduce((p, q) => p + q, 0);
    const rate = 1e-3 / steepness;
    const optimizer = tf.train.sgd(rate);
    optimizer.minimize(loss, false, f.trainable);
    const after = loss().dataSync()[0]!;
    expect((value.dataSync()[0]! - after) / (rate * steepness)).toBeCloseTo(1, 1);
    f.dispose();
  });
});
