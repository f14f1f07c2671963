/** Weights of 4 bits (fixtures/cases/packed.py). */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { UnsupportedModelError } from "../../../src/errors.js";
import { load } from "../../../src/model/load.js";
import { decodeNpy } from "../../../src/tensor/npy.js";
import { toNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";

const file = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/cases/${name}`, import.meta.url));
const tensor = (name: string): Tensor => decodeNpy(readFileSync(file(name)));

test.each([
  ["packed_int4", "ort"],
  ["packed_uint4", "ort"],
  ["packed_int4", "tfjs"],
  ["packed_uint4", "tfjs"],
] as const)("%s on %s: PyTorch's scores and gradient in float64", async (name, backend) => {
  const x = tensor("packed.x.npy");
  const scores = toNumbers(tensor(`${name}.y.npy`));
  await using model = await load(file(`${name}.onnx`), { backend });
  const full = await model.fullGradient(x, { target: 1 });
  expect(relativeL2(full.inputGradient, tensor(`${name}.ref.npy`))).toBeLessThan(1e-6);
  full.samples.forEach(({ score, completeness }, n) => {
    expect(score).toBeCloseTo(scores[3 * n + 1]!, 5);
    expect(completeness.conditioned).toBeLessThan(1e-6);
  });
});

test.each([
  ["packed_level", /QuantizeLinear.*fewer than 8 bits is supported for weights alone/],
  [
    "packed_float8",
    /FLOAT8E4M3FN is not supported; export it as float16, or quantized to integers/,
  ],
])("%s is refused with the reason", async (name, words) => {
  const attempt = load(file(`${name}.onnx`));
  await expect(attempt).rejects.toThrow(UnsupportedModelError);
  await expect(attempt).rejects.toThrow(words);
});
