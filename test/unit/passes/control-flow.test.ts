import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { UnsupportedModelError } from "../../../src/errors.js";
import { load } from "../../../src/model/load.js";
import { float32, int64 } from "../../../src/tensor/tensor.js";

const file = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/cases/${name}.onnx`, import.meta.url));

const wave = (dims: readonly number[]): ReturnType<typeof float32> => {
  const count = dims.reduce((p, d) => p * d, 1);
  return float32(
    dims,
    Float32Array.from({ length: count }, (_, i) => Math.sin(1 + 2 * i)),
  );
};

test.each([
  [
    "a loop in a loop, with an If that turns over, and every iteration's state",
    "nested_loops",
    [1, 2, 3],
  ],
  ["a scan backwards along another axis", "scan", [1, 4, 5]],
])("%s: the gradient is the slope of the file's own output", async (_, name, dims) => {
  const model = await load(file(name));
  const [sample] = await model.verify(wave(dims), { target: 1, gradient: true });
  expect(sample!.gradient).toMatchObject({ disagree: 0, inconclusive: 0 });
  expect(sample!.completeness.conditioned).toBeLessThan(1e-6);
  await model.dispose();
});

test("a number that is given chooses the branch", async () => {
  const model = await load(file("sample_rate"));
  const x = wave([1, 8]);
  const score = async (rate: number): Promise<number> => {
    const feeds = { sr: int64([rate], []) };
    const { samples } = await model.fullGradient(x, { target: 0, feeds });
    const output = await model.predict(x, { feeds });
    expect(samples[0]!.score).toBeCloseTo(Number(output.data[0]), 5);
    return samples[0]!.score;
  };
  const [slow, fast] = [await score(8000), await score(16000)];
  expect(Math.abs(slow - fast)).toBeGreaterThan(0.1);
  await model.dispose();
});

test("a condition that depends on the image is refused by its name", async () => {
  const model = await load(file("cond.dynamo"));
  const [hole] = model.inspect().unsupported;
  expect(hole).toMatchObject({ op: "If", needed: true });
  expect(hole!.reason).toBe(
    'its condition "gt", which is computed from "in0", is not known before the model runs',
  );
  await expect(model.explain(wave([1, 3, 10, 10]))).rejects.toThrow(UnsupportedModelError);
  await model.dispose();
});

test("without the number, the refusal says which input to give", async () => {
  const model = await load(file("sample_rate"));
  expect(model.inspect().unsupported[0]!.reason).toBe(
    'its condition "is_fast", which is computed from "sr", is not known before the model runs: give a value (option feeds: sr)',
  );
  await model.dispose();
});

test("states of a recurrent layer are zeros unless they are given", async () => {
  const model = await load(file("state_inputs"));
  const x = wave([1, 3, 6]);
  const score = async (feeds?: Record<string, ReturnType<typeof float32>>): Promise<number> =>
    (await model.fullGradient(x, { target: 0, ...(feeds ? { feeds } : {}) })).samples[0]!.score;
  expect(model.inspect().others).toMatchObject([{ name: "state", zeros: true }]);
  const unsaid = await score();
  expect(unsaid).toBe(await score({ state: float32([2, 1, 1, 4], new Float32Array(8)) }));
  expect(unsaid).not.toBe(
    await score({ state: float32([2, 1, 1, 4], new Float32Array(8).fill(1)) }),
  );
  await model.dispose();
});
