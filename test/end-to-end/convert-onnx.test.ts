import { describe, expect, test } from "vitest";
import { conventions } from "../../src/decomposition/psi.js";
import { sliceBatch } from "../../src/tensor/batches.js";
import { load } from "../../src/model/load.js";
import { encodeModel } from "../../src/onnx/file/encode.js";
import { decodeModel } from "../../src/onnx/file/decode.js";
import { writeModel } from "../../src/onnx/export.js";
import { importModel } from "../../src/onnx/import/import.js";
import { float32, int64, toNumbers } from "../../src/tensor/tensor.js";
import { relativeL2, relativeMaximum } from "../support/compare.js";
import { convert, numbersIn } from "../support/converted.js";
import { formGolden, formPath, formTensor } from "../support/forms.js";
import { exporters, golden, goldenTensor, networkFile, networkNames } from "../support/networks.js";
import { runModel } from "../support/run-model.js";
import { floats, node } from "../unit/onnx/small-models.js";
import { twoClasses } from "./cli-models.js";

const tiny = (file = "tiny-silu"): Promise<Awaited<ReturnType<typeof load>>> =>
  load(networkFile(file, "legacy"));

describe.each(networkNames)("the file made of %s", (name) => {
  test.each(exporters)(
    "has PyTorch's outputs and explanation, exported by %s",
    async (exporter) => {
      const { target, output } = golden(name);
      const input = goldenTensor(name, "input.npy");
      const model = await load(networkFile(name, exporter));
      const file = convert(model, { target: "input", extras: ["input-gradient"] });
      const results = await file.run(
        new Map([
          ["input", input],
          ["target", int64(target)],
        ]),
      );
      expect([...results.keys()]).toEqual(["saliency", "logits", "completeness", "input_gradient"]);
      expect(
        relativeMaximum(results.get("logits")!, goldenTensor(name, "logits.npy")),
      ).toBeLessThan(1e-4);
      const limit = 10 * golden(name).inputGradientFloat32Error + 1e-5;
      const gradient = goldenTensor(name, "input_gradient.npy");
      expect(relativeL2(results.get("input_gradient")!, gradient)).toBeLessThan(limit);
      const columns = numbersIn(results, "completeness");
      output.forEach((score, n) => {
        expect(columns[n * 3]).toBeCloseTo(score, 3);
        expect(columns[n * 3]! - columns[n * 3 + 1]!).toBeCloseTo(columns[n * 3 + 2]!, 5);
      });

      const explained = await model.explain(input, { target });
      expect(relativeMaximum(results.get("saliency")!, explained.map)).toBeLessThan(1e-5);
      explained.samples.forEach(({ completeness }, n) => {
        expect(Math.abs(columns[n * 3 + 2]!)).toBeLessThan(1e-4 * completeness.mass);
      });
      await model.dispose();
    },
  );
});

describe("the target", () => {
  test("top is the arg-max of each sample's output", async () => {
    const model = await tiny();
    const x = goldenTensor("tiny-silu", "input.npy");
    const results = await convert(model).run(new Map([["input", x]]));
    const logits = results.get("logits")!;
    const width = logits.dims[1]!;
    const rows = Array.from({ length: logits.dims[0]! }, (_, n) =>
      Array.from(toNumbers(logits)).slice(n * width, (n + 1) * width),
    );
    expect(numbersIn(results, "target")).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
    expect(numbersIn(results, "completeness").filter((_, i) => i % 3 === 0)).toEqual(
      rows.map((row) => Math.max(...row)),
    );
  });

  test.each([[3], ["3"]])("class %j is a constant, for a batch of any size", async (target) => {
    const model = await tiny();
    const file = convert(model, { target });
    expect(file.graph.inputs.map((i) => i.name)).toEqual(["input"]);
    const both = goldenTensor("tiny-silu", "input.npy");
    for (const x of [both, sliceBatch(both, [1]), sliceBatch(both, [0, 1, 0])]) {
      const results = await file.run(new Map([["input", x]]));
      const { map } = await model.explain(x, { target: 3 });
      expect(relativeMaximum(results.get("saliency")!, map)).toBeLessThan(1e-5);
      expect(numbersIn(results, "target")).toEqual(new Array(x.dims[0]).fill(3));
    }
  });

  test.each(formGolden("segmentation").runs.map((run) => [run.target, run.gradientFile] as const))(
    "target %s of a map [N,K,H,W] is a constant",
    async (target, gradientFile) => {
      const { models } = formGolden("segmentation");
      const model = await load(formPath("segmentation", models["legacy"]!));
      const file = convert(model, { target, extras: ["input-gradient"] });
      const results = await file.run(new Map([["input", formTensor("segmentation", "input.npy")]]));
      const gradient = results.get("input_gradient")!;
      expect(relativeL2(gradient, formTensor("segmentation", gradientFile))).toBeLessThan(1e-5);
      expect(new Set(numbersIn(results, "target"))).toEqual(new Set([-1]));
      // A seed of the whole output would be 5 kB; as a product of its axes it is not.
      const constants = [...file.graph.constants].filter(([name]) => name.startsWith("seed/"));
      const elements = constants.map(([, t]) => t.dims.reduce((p, q) => p * q, 1));
      expect(Math.max(...elements)).toBeLessThanOrEqual(20);
    },
  );

  test("an output without classes has the weights of a sum as second input", async () => {
    const path = formPath("segmentation", formGolden("segmentation").models["legacy"]!);
    const model = await load(path);
    const x = formTensor("segmentation", "input.npy");
    const file = convert(model, { target: "input" });
    const { name, fact } = file.graph.inputs[1]!;
    expect([name, fact.shape.slice(1)]).toEqual(["seed", [4, 16, 20]]);
    const size = 4 * 16 * 20;
    const seed = float32(
      [1, 4, 16, 20],
      Array.from({ length: size }, (_, i) => Math.sin(i)),
    );
    const rows = sliceBatch(seed, new Array<number>(x.dims[0]!).fill(0));
    const results = await file.run(
      new Map([
        ["input", x],
        [name, rows],
      ]),
    );
    const { map } = await model.explain(x, { target: { seed } });
    expect(relativeMaximum(results.get("saliency")!, map)).toBeLessThan(1e-5);
  });
});

describe("a converted file", () => {
  test.each(conventions)("has the map of convention %s", async (convention) => {
    const model = await tiny();
    const x = goldenTensor("tiny-silu", "input.npy");
    const results = await convert(model, { settings: { convention } }).run(new Map([["input", x]]));
    const { map } = await model.explain(x, { convention });
    expect(relativeMaximum(results.get("saliency")!, map)).toBeLessThan(1e-5);
  });

  test("gives the same results for four samples together and separately", async () => {
    const file = convert(await tiny("resnet18"));
    const two = goldenTensor("resnet18", "input.npy");
    const x = sliceBatch(two, [0, 1, 1, 0]);
    const all = await file.run(new Map([["input", x]]));
    for (let n = 0; n < 4; n++) {
      const one = await file.run(new Map([["input", sliceBatch(x, [n])]]));
      const map = sliceBatch(all.get("saliency")!, [n]);
      expect(relativeMaximum(map, one.get("saliency")!)).toBeLessThan(1e-5);
    }
  });

  test.each(["densenet", "googlenet", "shufflenet-v2"])(
    "of %s contains only ONNX operators of set 18 and IR version 8, with unique node names",
    async (name) => {
      for (const exporter of exporters) {
        const { bytes } = convert(await load(networkFile(name, exporter)));
        const proto = decodeModel(bytes);
        expect([proto.irVersion, proto.opsetImport]).toEqual([8n, [{ domain: "", version: 18n }]]);
        const nodes = proto.graph!.node!;
        expect(new Set(nodes.map((n) => n.domain ?? ""))).toEqual(new Set([""]));
        expect(new Set(nodes.map((n) => n.name)).size).toBe(nodes.length);
      }
    },
  );

  test("is read and written again without a change", async () => {
    const x = goldenTensor("tiny-silu", "input.npy");
    const { bytes } = convert(await tiny(), { target: 1 });
    const again = writeModel(await importModel(decodeModel(bytes)));
    const [first, second] = await Promise.all(
      [bytes, again].map((file) => runModel(file, new Map([["input", x]]))),
    );
    expect(second).toEqual(first);
    expect((await load(again)).inspect().outputs.map((o) => o.name)).toEqual([
      ...["saliency", "logits", "target", "completeness"],
    ]);
  });

  test("has the terms on request, and their sums are those of verify", async () => {
    const model = await tiny();
    const x = goldenTensor("tiny-silu", "input.npy");
    const { biasTerms } = await model.fullGradient(x);
    const [first] = biasTerms;
    const extras = ["terms", `term:${first!.unit.node}`, "input-term", "terms"];
    const file = convert(model, { extras });
    const results = await file.run(new Map([["input", x]]));
    const term = results.get(`term:${first!.unit.node}`)!;
    expect(relativeMaximum(term, first!.term)).toBeLessThan(1e-5);
    const sums = numbersIn(results, "terms");
    expect(file.terms).toEqual(["input", ...biasTerms.map((t) => t.unit.node)]);
    const samples = await model.verify(x);
    samples.forEach(({ completeness, terms }, n) => {
      const row = sums.slice(n * file.terms.length, (n + 1) * file.terms.length);
      expect(row[0]).toBeCloseTo(completeness.inputTerm, 5);
      terms.forEach(({ value }, i) => {
        expect(row[i + 1]).toBeCloseTo(value, 5);
      });
    });
  });

  test("keeps every output of the model under its own name", async () => {
    const { models } = formGolden("several-outputs");
    const model = await load(formPath("several-outputs", models["dynamo"]!));
    const x = formTensor("several-outputs", "input.npy");
    const results = await convert(model, { output: "aux" }).run(new Map([["input", x]]));
    const own = model.inspect().outputs.map((o) => o.name);
    expect([...results.keys()]).toEqual(["saliency", ...own, "target", "completeness"]);
    const aux = formTensor("several-outputs", "aux.npy");
    expect(relativeMaximum(results.get("aux")!, aux)).toBeLessThan(1e-5);
    const { map } = await model.explain(x, { target: "top" });
    const main = await convert(model).run(new Map([["input", x]]));
    expect(relativeMaximum(main.get("saliency")!, map)).toBeLessThan(1e-5);
    expect(relativeMaximum(results.get("saliency")!, map)).toBeGreaterThan(1e-2);
  });

  test("omits an unsupported output, with a note", async () => {
    const whole = twoClasses({});
    const odd = node("Frobnicate", ["c"], ["odd"], { domain: "my.domain" });
    const graph = {
      ...whole.graph,
      node: [...whole.graph!.node!, odd],
      output: [...whole.graph!.output!, floats("odd", "N", 2)],
    };
    const opsetImport = [...whole.opsetImport!, { domain: "my.domain", version: 1n }];
    const model = await load(encodeModel({ ...whole, graph, opsetImport }));
    const file = convert(model, { target: 1 });
    expect(file.notes).toEqual([expect.stringContaining('output "odd" is omitted')]);
    const x = float32(
      [1, 3, 8, 8],
      Array.from({ length: 192 }, (_, i) => Math.cos(i)),
    );
    const results = await file.run(new Map([["x", x]]));
    expect([...results.keys()]).toEqual(["saliency", "y", "target", "completeness"]);
    const [score, , rest] = numbersIn(results, "completeness");
    expect(score).toBeCloseTo(numbersIn(results, "y")[1]!, 6);
    expect(rest).toBeCloseTo(0, 6);
  });

  test("keeps half-precision weights in half precision", async () => {
    const { models } = formGolden("half");
    const model = await load(formPath("half", models["legacy"]!));
    const file = convert(model);
    const halves = (constants: typeof file.graph.constants): number[] =>
      [...constants.values()].flatMap((t) => (t.dtype === "float16" ? [t.data.length] : []));
    expect(halves(file.graph.constants)).toEqual(halves(model.imported.constants));
    const x = formTensor("half", "input.npy");
    const results = await file.run(new Map([["input", x]]));
    const { map } = await model.explain(x);
    expect(relativeMaximum(results.get("saliency")!, map)).toBeLessThan(1e-5);
  });
});
