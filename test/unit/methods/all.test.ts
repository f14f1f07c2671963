import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { load, methods, type Model } from "../../../src/index.js";
import { UsageError } from "../../../src/errors.js";
import { toNumbers } from "../../../src/tensor/tensor.js";
import { goldenTensor } from "../../support/networks.js";

const file = (path: string): URL => new URL(`../../../${path}`, import.meta.url);

describe("every method", () => {
  it("has a name of its own", () => {
    expect(new Set(methods.map((m) => m.name)).size).toBe(methods.length);
  });

  it("maps an image of a network of another kind of activation", async () => {
    const open = (path: string): Promise<Model> =>
      load(readFileSync(file(`fixtures/${path}.dynamo.onnx`)), { threads: 1 });
    const convolutional = await open("networks/tiny-silu");
    const transformer = await open("methods/vit-mean");
    const x = goldenTensor("tiny-silu", "input.npy");
    for (const { name, signed, attributes, settings } of methods) {
      // Signed methods are asked about a class of a score below 0: of the highest class RISE and LRP's z⁺ rule find
      // only what speaks for it.
      const target = signed ? 1 : "top";
      const model = ["legrad", "attention-rollout"].includes(name) ? transformer : convolutional;
      // The default window is larger than this image, and the default passes are many.
      const few = { window: 6, stride: 3, samples: 60, steps: 8 };
      const own = Object.fromEntries(Object.entries(few).filter(([key]) => key in settings));
      const { map, attribution, samples } = await model.explain(x, {
        method: name,
        target,
        ...own,
      });
      const values = Array.from(toNumbers(map));
      expect(map.dims, name).toEqual([2, 1, 16, 16]);
      expect(values.every(Number.isFinite), name).toBe(true);
      expect(new Set(values).size, name).toBeGreaterThan(20);
      expect(
        values.some((v) => v < 0),
        name,
      ).toBe(signed);
      expect(attribution?.dims, name).toEqual(attributes === "input" ? x.dims : undefined);
      expect(samples, name).toHaveLength(2);
    }
    await Promise.all([convolutional.dispose(), transformer.dispose()]);
  });

  it("is in the documents, with its settings", () => {
    const document = readFileSync(file("docs/methods.md"), "utf8");
    for (const { name, settings } of methods) {
      const section = document.split(`\n## ${name}\n`)[1]?.split("\n## ")[0];
      expect(section, name).toBeDefined();
      for (const setting of Object.keys(settings)) expect(section).toContain(`| ${setting} `);
    }
  });
});

it("a method or setting that does not exist is an error that says which do", async () => {
  const bytes = readFileSync(file("fixtures/networks/tiny-relu.dynamo.onnx"));
  const model = await load(bytes, { threads: 1 });
  const x = goldenTensor("tiny-relu", "input.npy");
  const explain = (options: Parameters<typeof model.explain>[1]): Promise<unknown> =>
    model.explain(x, options);
  await expect(explain({ method: "saliency" })).rejects.toThrow(UsageError);
  await expect(explain({ method: "saliency" })).rejects.toThrow(/there are fullgrad, .* or /);
  await expect(explain({ method: "gradient", steps: 3 })).rejects.toThrow(
    /method "gradient" has no setting "steps"; it has none/,
  );
  await model.dispose();
});
