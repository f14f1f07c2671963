import { describe, expect, test } from "vitest";
import { graphMethodNames } from "../../converters/onnx/graph-methods.js";
import { UsageError } from "../../src/errors.js";
import { load } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { relativeMaximum } from "../support/compare.js";
import { convert, numbersIn } from "../support/converted.js";
import { formGolden, formPath, formTensor } from "../support/forms.js";
import { goldenTensor, networkFile } from "../support/networks.js";

const network = "resnet18";
const tiny = (): Promise<Model> => load(networkFile(network, "legacy"));
const x = goldenTensor(network, "input.npy");
const feeds = new Map([["input", x]]);

/** Methods of networks with attention. */
const ofAttention: ReadonlySet<string> = new Set(["legrad", "attention-rollout"]);

describe("single-pass methods in a file", () => {
  test.each(graphMethodNames)("%s has explain's map", async (method) => {
    const isOfAttention = ofAttention.has(method);
    const model = isOfAttention
      ? await load(formPath("vit", formGolden("vit").models["legacy"]!))
      : await tiny();
    const image = isOfAttention ? formTensor("vit", "input.npy") : x;
    const file = convert(model, { method, target: 1 });
    const results = await file.run(new Map([[model.analysis.own.input, image]]));
    const { map, samples } = await model.explain(image, { method, target: 1 });
    expect(relativeMaximum(results.get("saliency")!, map)).toBeLessThan(1e-5);
    expect(results.has("completeness")).toBe(samples[0]!.completeness !== undefined);
    expect(file.notes.some((note) => note.includes("no output"))).toBe(
      samples[0]!.completeness === undefined,
    );
  });

  test("can be further outputs beside FullGrad, with their shared settings", async () => {
    const model = await tiny();
    const settings = { convention: "paper2019" as const };
    const file = convert(model, { settings, extras: ["gradient-x-input", "simple-fullgrad"] });
    const results = await file.run(feeds);
    const own = await model.explain(x, { method: "gradient-x-input" });
    expect(relativeMaximum(results.get("gradient_x_input")!, own.map)).toBeLessThan(1e-5);
    const simple = await model.explain(x, { method: "simple-fullgrad", ...settings });
    expect(relativeMaximum(results.get("simple_fullgrad")!, simple.map)).toBeLessThan(1e-5);
  });

  test("have an attribution output if they attribute to the input", async () => {
    const model = await tiny();
    const file = convert(model, { method: "gradient-x-input", extras: ["attribution"] });
    const { attribution } = await model.explain(x, { method: "gradient-x-input" });
    const results = await file.run(feeds);
    expect(relativeMaximum(results.get("attribution")!, attribution!)).toBeLessThan(1e-5);
  });

  test.each([
    [{ method: "smoothgrad" }, /"smoothgrad" evaluates many variants of an image.*fullgrad/],
    [{ method: "unheard-of" }, /no method "unheard-of"/],
    [{ extras: ["guided-backprop"] }, /needs a separate file \(option method: guided-backprop\)/],
    [{ extras: ["attribution"] }, /"fullgrad" has no attribution/],
    [{ method: "guided-backprop", extras: ["terms"] }, /terms: method "guided-backprop" replaces/],
    [{ method: "guided-backprop", extras: ["gradient"] }, /"guided-backprop" replaces rules/],
    [{ settings: { convention: "paper2020" } }, /convention paper2020 of method "fullgrad"/],
  ])("%j is refused", async (options, message) => {
    const model = await tiny();
    const run = (): unknown => convert(model, options);
    expect(run).toThrow(UsageError);
    expect(run).toThrow(message);
  });
});

describe("other constants in a file", () => {
  test.each([
    { of: 3, versus: 7 },
    { of: "top", versus: 2 },
    { of: 4, quantity: "log-probability" },
    { of: "top", quantity: "log-probability" },
  ] as const)("the target %j", async (target) => {
    const model = await tiny();
    const file = convert(model, { target });
    expect(file.graph.inputs.map((i) => i.name)).toEqual(["input"]);
    const results = await file.run(feeds);
    const { map, samples } = await model.explain(x, { target });
    expect(relativeMaximum(results.get("saliency")!, map)).toBeLessThan(1e-5);
    const columns = numbersIn(results, "completeness");
    samples.forEach(({ score, completeness }, n) => {
      expect(columns[n * 3]).toBeCloseTo(score, 4);
      expect(Math.abs(columns[n * 3 + 2]!)).toBeLessThan(1e-4 * completeness.mass);
    });
  });

  test("a difference of two pixels, whose seed is not a product of vectors", async () => {
    const path = formPath("segmentation", formGolden("segmentation").models["legacy"]!);
    const model = await load(path);
    const target = { of: "2@13,7", versus: "1@3,2" };
    const input = formTensor("segmentation", "input.npy");
    const results = await convert(model, { target }).run(new Map([["input", input]]));
    const { map } = await model.explain(input, { target });
    expect(relativeMaximum(results.get("saliency")!, map)).toBeLessThan(1e-5);
  });
});
