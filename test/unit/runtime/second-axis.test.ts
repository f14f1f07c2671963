/** Sequences [T,N,C]: the samples are where rows do not mix, whatever the extents (fixtures/cases/second_axis.py). */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { UnsupportedModelError } from "../../../src/errors.js";
import { load } from "../../../src/model/load.js";
import { decodeNpy } from "../../../src/tensor/npy.js";
import type { Tensor } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";

const file = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/cases/${name}`, import.meta.url));
const tensor = (name: string): Tensor => decodeNpy(readFileSync(file(name)));

test.each([
  "gru_second.legacy",
  "gru_second.dynamo",
  "gru_second_of_one",
  "tokens_second.legacy",
  "tokens_second.dynamo",
  "tokens_second_of_one",
])("%s: every sample has PyTorch's float64 gradient and adds up", async (name) => {
  await using model = await load(file(`${name}.onnx`));
  expect(model.imageAxes?.layout).toBe("LNC");
  const x = tensor(`${name}.x.npy`);
  const full = await model.fullGradient(x, { target: "2,0,1" });
  expect(full.inputGradient.dims).toEqual(x.dims);
  expect(relativeL2(full.inputGradient, tensor(`${name}.ref.npy`))).toBeLessThan(2e-6);
  expect(full.samples).toHaveLength(x.dims[1]!);
  for (const { completeness } of full.samples) expect(completeness.conditioned).toBeLessThan(1e-6);
});

test.each(["gru_second_square", "tokens_second_square"])(
  "%s: 5 steps are not taken for the 5 samples of a fixed batch; the whole input is one sample if --layout says so",
  async (name) => {
    const x = tensor(`${name.replace("_square", "_of_one")}.x.npy`);
    const five = {
      ...x,
      dims: [5, 5, 4],
      data: Float32Array.from({ length: 100 }, (_, i) => Math.sin(i)),
    } as Tensor;
    await using refused = await load(file(`${name}.onnx`));
    const asked = refused.fullGradient(five, { target: "2,1" });
    await expect(asked).rejects.toThrow(UnsupportedModelError);
    await expect(refused.fullGradient(five, { target: "2,1" })).rejects.toThrow(
      /is not the samples of "x".*option layout; one without N/,
    );
    await using whole = await load(file(`${name}.onnx`), { layout: "TPC" });
    const [sample] = (await whole.fullGradient(five, { target: "2,0,1" })).samples;
    expect(sample!.completeness.conditioned).toBeLessThan(1e-6);
  },
);
