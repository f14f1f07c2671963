import { expect, test } from "vitest";
import { load, UsageError, ImageError, FullgradError } from "../../../src/index.js";
import { optionTables } from "../../../src/model/option-tables.js";
import { goldenTensor, networkFile } from "../../support/networks.js";

const bytes = networkFile("tiny-relu", "dynamo");
const x = goldenTensor("tiny-relu", "input.npy");

/** A call as from JavaScript, whose arguments have any type. */
type Untyped = (...args: readonly unknown[]) => Promise<unknown>;

const untyped = load as unknown as Untyped;

test.each<[string, unknown, RegExp]>([
  ["size", { height: 8, width: 8 }, /load: option "size" must be \[height, width\].*an object/],
  ["size", ["8", "8"], /"size" must be \[height, width\]/],
  ["size", [8, Number.NaN], /"size" must be \[height, width\]/],
  ["size", 8, /"size" must be \[height, width\].*but is 8/],
  ["threads", "2", /"threads" must be a whole number from 1, but is "2"/],
  ["threads", 0, /"threads" must be a whole number from 1, but is 0/],
  ["maxMemory", Number.NaN, /"maxMemory" must be a number above 0, but is NaN/],
  ["maxPixels", null, /"maxPixels" must be a number above 0, but is null/],
  ["layout", 4, /"layout" must be a string, but is 4/],
  ["output", null, /"output" must be a string, but is null/],
  ["straightThrough", "yes", /"straightThrough" must be true or false, but is "yes"/],
  ["backend", "torch", /"backend" must be "ort", "tfjs" or a back end, but is "torch"/],
  ["operators", [], /"operators" must be a registry/],
  ["externalData", "weights.bin", /"externalData" must be a function/],
])("load refuses %s %o", async (name, value, message) => {
  const refusal = expect(untyped(bytes, { [name]: value })).rejects;
  await refusal.toThrow(UsageError);
  await refusal.toThrow(message);
});

test("a misspelt option is refused with the nearest name", async () => {
  await expect(untyped(bytes, { ouput: "logits" })).rejects.toThrow(
    /load has no option "ouput" \(did you mean "output"\?\); it has backend, provider/,
  );
  await using model = await load(bytes);
  const explain = model.explain.bind(model) as unknown as Untyped;
  await expect(explain(x, { targt: 1 })).rejects.toThrow(
    /explain has no option "targt" \(did you mean "target"\?\)/,
  );
  await expect(explain(x, { convntion: "head" })).rejects.toThrow(
    /method "fullgrad" has no setting "convntion" \(did you mean "convention"\?\)/,
  );
});

const calls = ["explain", "fullGradient", "layerMaps", "verify", "bisect", "checkNodes"] as const;

test.each(calls)("%s names the option that has a wrong value", async (name) => {
  await using model = await load(bytes);
  const call = (model[name] as unknown as Untyped).bind(model);
  await expect(call(x, null)).rejects.toThrow(UsageError);
  await expect(call(x, { target: null })).rejects.toThrow(/option "target" must be a class/);
  await expect(call(x, { quantity: "odds" })).rejects.toThrow(
    /"quantity" must be "score" or "log-probability", but is "odds"/,
  );
  await expect(call(x, { feeds: { side: 1 } })).rejects.toThrow(/"feeds" must be .* tensors/);
  await expect(call(x, { target: Number.NaN })).rejects.toThrow(FullgradError);
  await expect(call(x, { target: undefined, feeds: undefined })).resolves.toBeDefined();
});

test("inputs of another type are refused with those that fit", async () => {
  for (const source of [undefined, null, 7, {}, new ArrayBuffer(8)]) {
    await expect(untyped(source)).rejects.toThrow(/a model is a path, or the bytes/);
  }
  await using model = await load(networkFile("resnet18", "dynamo"));
  const picture = model.picture.bind(model) as unknown as Untyped;
  for (const image of [undefined, null, 7, { width: 2, height: 2, data: new Uint8Array(5) }]) {
    await expect(picture(image, "imagenet")).rejects.toThrow(ImageError);
  }
});

test("every option of every call refuses a value of another type, and takes undefined", () => {
  const odd = Symbol("no option is a symbol");
  for (const table of Object.values(optionTables)) {
    for (const [name, read] of Object.entries(table)) {
      // Preprocessing is checked where it is read, as a preset or settings.
      if (name !== "preprocessing") expect(() => read(odd), name).toThrow(/must be/);
    }
  }
});
