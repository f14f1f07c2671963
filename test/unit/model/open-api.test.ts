import { expect, expectTypeOf, test } from "vitest";
import {
  DisposedError,
  defineMethod,
  float32,
  fullgrad,
  integratedGradients,
  load,
  methods,
  presets,
  settings,
  toNumbers,
  withSettings,
  type CompleteExplanation,
  type Explanation,
} from "../../../src/index.js";
import {
  byDefinition,
  decodeModel,
  differentiate,
  exportModel,
  GraphBuilder,
  encodeModel,
  importModel,
  noAttrs,
  registry,
} from "../../../src/onnx.js";
import * as methodValues from "../../../src/methods/values.js";
import { convert } from "../../../converters/index.js";
import { activePath } from "../../../src/analysis/active-path.js";
import { relativeL2 } from "../../support/compare.js";
import { goldenTensor, networkFile } from "../../support/networks.js";

const bytes = networkFile("tiny-relu", "dynamo");
const x = goldenTensor("tiny-relu", "input.npy");

test("every method is a value with its settings", async () => {
  const chosen = Object.values(methodValues).map((value) => value().method);
  expect(chosen).toEqual(expect.arrayContaining([...methods]));
  expect(chosen).toHaveLength(methods.length);
  await using model = await load(bytes);
  const byName = await model.explain(x, { method: "integrated-gradients", steps: 7 });
  const byValue = await model.explain(x, { method: integratedGradients({ steps: 7 }) });
  expect(byValue).toEqual(byName);
  await expect(model.explain(x, { method: integratedGradients({ steps: 0 }) })).rejects.toThrow(
    /steps 0 .* takes a whole number from 1/,
  );
  expectTypeOf(byValue).toEqualTypeOf<Explanation>();
  const whole = await model.explain(x, { method: fullgrad() });
  expectTypeOf(whole).toEqualTypeOf<CompleteExplanation>();
  expect(whole).toEqual(await model.explain(x));
});

test("a method of one's own explains like ours", async () => {
  const scaledGradient = defineMethod({
    kind: "graph",
    name: "scaled-gradient",
    title: "Scaled gradient",
    paper: "none",
    signed: true,
    attributes: "input",
    settings: { factor: settings.number(1, "the factor") },
    emit: ({ b, inputGradient }, { factor }) => ({
      attribution: b.mulScalar(inputGradient, factor),
    }),
  });
  await using model = await load(bytes);
  const gradient = await model.fullGradient(x);
  const own = await model.explain(x, { method: withSettings(scaledGradient, { factor: 3 }) });
  const thrice = Float32Array.from(toNumbers(gradient.inputGradient), (v) => 3 * v);
  expect(relativeL2(own.attribution!, float32(x.dims, thrice))).toBeLessThan(1e-6);
  const plain = await model.explain(x, { method: scaledGradient });
  expect(plain.attribution).toEqual(gradient.inputGradient);
});

test("results survive structuredClone and JSON", async () => {
  await using model = await load(bytes);
  const results = [
    await model.explain(x),
    await model.explain(x, { method: "grad-cam" }),
    await model.fullGradient(x),
    await model.layerMaps(x),
    await model.verify(x, { gradient: true }),
    await model.bisect(x),
    await model.checkNodes(x),
    model.inspect(),
  ];
  for (const result of results) expect(structuredClone(result)).toEqual(result);
  const { samples } = await model.explain(x);
  expect(JSON.parse(JSON.stringify(samples))).toEqual(samples);
});

test("maps are typed as float32", async () => {
  await using model = await load(bytes);
  const { map } = await model.explain(x);
  expectTypeOf(map.data).toExtend<Float32Array>();
  expect(map.data).toBeInstanceOf(Float32Array);
});

test("a disposed model refuses further calls", async () => {
  const model = await load(bytes);
  await model[Symbol.asyncDispose]();
  await expect(model.explain(x)).rejects.toThrow(DisposedError);
});

test("a picture carries its preprocessing to the method", async () => {
  await using model = await load(bytes);
  const [, channels, height, width] = x.dims as [number, number, number, number];
  expect(channels).toBe(3);
  const data = Uint8Array.from({ length: 4 * 30 * 40 }, (_, i) => (i * 37) % 256);
  const raster = { width: 40, height: 30, data };
  const picture = await model.picture(raster, "imagenet");
  expect(picture.x.dims).toEqual([1, 3, height, width]);
  expect([picture.view.width, picture.view.height]).toEqual([width, height]);
  expect(picture.x).toEqual(await model.preprocess(raster, "imagenet"));
  expect(picture.preprocessing.mean).toEqual(presets.imagenet.mean);
  // Black is needed as baseline.
  const black = { method: "integrated-gradients", baseline: "black", steps: 5 } as const;
  const own = await model.explain(picture, black);
  const told = await model.explain(picture.x, { ...black, preprocessing: "imagenet" });
  expect(own).toEqual(told);
  await expect(model.explain(picture.x, black)).rejects.toThrow(/preprocess/);
  expect(await model.predict(picture)).toEqual(await model.predict(picture.x));
});

test("an operator of one's own is explained by its definition", async () => {
  const xTanh = byDefinition({
    type: "XTanh",
    domain: "com.example",
    since: 1,
    arity: [1, 1],
    role: "activation",
    attrs: noAttrs,
    infer: (n) => [n.like(n.shape())],
    definition: (b, n) => [b.mul(n.x(), b.op("Tanh", [n.x()]))],
  });
  const operators = registry.extend(xTanh);
  const [graph, layout] = [ownOperatorGraph(operators), "NCHW"];
  await expect((await load(graph, { layout })).explain(square)).rejects.toThrow(
    "com.example:XTanh",
  );
  await using model = await load(graph, { operators, layout });
  const { samples, inputGradient } = await model.fullGradient(square, { target: 0 });
  expect(samples[0]!.completeness.conditioned).toBeLessThan(1e-6);
  // f = Σ x·tanh(x), ∂f/∂x = tanh(x) + x·(1 − tanh²(x))
  const expected = Float32Array.from(toNumbers(square), (v) => {
    const t = Math.tanh(v);
    return t + v * (1 - t * t);
  });
  expect(relativeL2(inputGradient, float32(square.dims, expected))).toBeLessThan(1e-6);
});

const square = float32([1, 1, 2, 3], [-2, -1, -0.3, 0.2, 0.9, 1.7]);

/** Σ x·tanh(x) over the image, as a score of one class, in a file with an operator of another domain. */
function ownOperatorGraph(operators: typeof registry): Uint8Array {
  const b = GraphBuilder.start(operators.infer, { "": 18, "com.example": 1 });
  const input = b.input("x", { dtype: "float32", shape: [1, 1, 2, 3] });
  const [y] = b.call("XTanh", [input], {}, { domain: "com.example" });
  const score = b.op("ReduceSum", [y!, b.ints([2, 3])], { keepdims: { type: "int", value: 0 } });
  return encodeModel(exportModel(b.build([{ name: "score", value: score }])));
}

test("a graph is built, differentiated and written from outside", async () => {
  const graph = await importModel(decodeModel(bytes));
  expect(graph.nodes.length).toBeGreaterThan(3);
  const b = GraphBuilder.start(registry.infer);
  const v = b.input("v", { dtype: "float32", shape: [2] });
  const y = b.mul(v, v);
  const typed = b.build([{ name: "y", value: y }]);
  const onTop = GraphBuilder.on(typed, registry.infer);
  const { active } = activePath(typed, registry, ["v"]);
  const seeds = new Map([[y.name, onTop.constant(float32([2], [1, 1]))]]);
  const gradient = differentiate(onTop, typed, registry, seeds, active).of("v")!;
  expect(gradient.fact.shape).toEqual([2]);
});

test("a model is converted in the library", async () => {
  const { file, outputs, graph } = await convert(bytes, { target: "top" });
  expect(outputs[0]!.name).toBe("saliency");
  const again = await importModel(decodeModel(file));
  expect(again.outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => name));
});
