import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.js";
import { sliceBatch } from "../../src/tensor/batches.js";
import type { Feeds } from "../../src/model/model-options.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { relativeL2 } from "../support/compare.js";
import {
  formFeeds,
  formGolden,
  formNames,
  formTensor,
  loadForm,
  type FormRun,
} from "../support/forms.js";

/** Every form of an exported graph agrees with PyTorch's float64 numbers. */
export function formsAgreeWithPyTorch(backend: Backend): void {
  it("every form exists, by every exporter", () => {
    expect(formNames.length).toBeGreaterThanOrEqual(28);
    expect(formNames.flatMap((form) => Object.keys(formGolden(form).exportFailures))).toEqual([]);
  });
  for (const form of formNames) {
    const { models, runs } = formGolden(form);
    describe.each(runs)(`${form}: $output, target $target of $input on ${backend.name}`, (run) => {
      const maps = new Map<string, Tensor>();
      it.each(Object.keys(models))("%s", async (variant) => {
        maps.set(variant, await agreesWithPyTorch(backend, form, variant, run));
      });
      it("has the same map from every exporter", () => {
        const [first, ...others] = maps.values();
        expect(maps.size).toBe(Object.keys(models).length);
        for (const map of others) expect(relativeL2(map, first!)).toBeLessThan(1e-4);
      });
    });
  }
}

/** @returns the FullGrad map */
async function agreesWithPyTorch(
  backend: Backend,
  form: string,
  variant: string,
  { input, output, outputFile, target, gradientFile, inputGradientFloat32Error }: FormRun,
): Promise<Tensor> {
  const model = await loadForm(form, variant, backend, output);
  expect(model.inspect()).toMatchObject({ explainable: true, unsupported: [] });
  const x = formTensor(form, input);
  const feeds = formFeeds(form);
  const predicted = await model.predict(x, { feeds });
  expect(relativeL2(predicted, formTensor(form, outputFile))).toBeLessThan(5e-6);

  const full = await model.fullGradient(x, { target, feeds });
  const floor = Math.max(1e-5, 3 * inputGradientFloat32Error);
  expect(relativeL2(full.inputGradient, formTensor(form, gradientFile))).toBeLessThan(floor);
  for (const { completeness } of full.samples) {
    expect(completeness.conditioned).toBeLessThan(1e-5);
  }

  const { map } = await model.explain(x, { target, feeds });
  const [count = 1, , ...size] = x.dims;
  expect(map.dims).toEqual([count, 1, ...size]);
  for (let n = 0; n < count; n++) {
    const alone = await model.explain(sliceBatch(x, [n]), { target, feeds: rowOf(feeds, n) });
    expect(relativeL2(alone.map, sliceBatch(map, [n]))).toBeLessThan(1e-5);
  }
  await model.dispose();
  return map;
}

/** The further inputs of one sample. A scalar is shared by all samples. */
function rowOf(feeds: Feeds, n: number): Feeds {
  const row = (t: Tensor): Tensor => (t.dims.length === 0 ? t : sliceBatch(t, [n]));
  return Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, row(t)]));
}
