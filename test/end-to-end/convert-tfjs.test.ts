import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { convertToTfjsGraph } from "../../converters/tfjs-graph/onnx-to-tfjs-graph.js";
import { writeTfjsFolder } from "../../converters/tfjs/tfjs-weights.js";
import { load } from "../../src/model/load.js";
import { readGraph } from "../../src/model/read-graph.js";
import { loadTfjs } from "../../src/tfjs.js";
import { float32, tensor, toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { relativeL2 } from "../support/compare.js";
import { newGraph } from "../support/graphs.js";
import { Random } from "../support/random.js";
import { fullgrad } from "./cli-harness.js";

type Tf = typeof import("@tensorflow/tfjs");
const tf = createRequire(import.meta.url)("@tensorflow/tfjs") as Tf;

const folder = mkdtempSync(join(tmpdir(), "fullgrad-tfjs-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const network = (name: string): string => fixture(`networks/${name}.onnx`);

function image(dims: readonly number[]): Tensor {
  const count = dims.reduce((p, d) => p * d, 1);
  return float32(dims, new Random(11).many(count, -1, 1));
}

/** The bytes of a folder, as tf.loadGraphModel takes them. */
function artifacts(path: string): Parameters<Tf["io"]["fromMemory"]>[0] {
  const json = JSON.parse(readFileSync(join(path, "model.json"), "utf8")) as {
    format: string;
    signature: object;
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: never[] }[];
  };
  const [group] = json.weightsManifest;
  const shards = group!.paths.map((name) => readFileSync(join(path, name)));
  const weightData = Uint8Array.from(Buffer.concat(shards)).buffer;
  return { ...json, weightSpecs: group!.weights, weightData };
}

describe("convert --to tfjs", () => {
  it("round trip: the folder predicts and explains as the ONNX file does", async () => {
    const out = join(folder, "folder");
    const { code } = await fullgrad(
      "convert",
      network("tiny-silu.dynamo"),
      "--to",
      "tfjs",
      "-o",
      out,
    );
    expect(code).toBe(0);
    const source = await load(network("tiny-silu.dynamo"));
    const converted = await load(join(out, "model.json"));
    const x = image([2, 3, 16, 16]);
    const [a, b] = [await source.explain(x), await converted.explain(x)];
    expect(toNumbers(b.map)).toEqual(toNumbers(a.map));
    expect(toNumbers(b.output)).toEqual(toNumbers(a.output));
    const f = await loadTfjs(join(out, "model.json"));
    await tf.setBackend("wasm");
    const y = await f.predict(tf.tensor(x.data as Float32Array, [...x.dims])).data();
    expect(relativeL2(y, a.output)).toBeLessThan(1e-5);
    f.dispose();
  });

  it("cuts the weights into files of 4 MB, and --weights float16 halves them", async () => {
    const model = fixture("efficientnet-lite0/efficientnet-lite0.onnx");
    const [whole, half] = [join(folder, "whole"), join(folder, "half")];
    await fullgrad("convert", model, "--to", "tfjs", "-o", whole);
    await fullgrad("convert", model, "--to", "tfjs", "--weights", "float16", "-o", half);
    const bytes = (path: string): number =>
      readdirSync(path)
        .filter((name) => name.endsWith(".bin"))
        .map((name) => readFileSync(join(path, name)).length)
        .reduce((p, n) => {
          expect(n).toBeLessThanOrEqual(4 * 2 ** 20);
          return p + n;
        }, 0);
    expect(bytes(half) * 2).toBe(bytes(whole));
    const [source, rounded] = [await readGraph(model), await readGraph(join(half, "model.json"))];
    for (const [name, t] of source.constants) {
      const [p, q] = [toNumbers(t), toNumbers(rounded.constants.get(name)!)];
      // Eleven bits are kept; below 2^-14, steps of 2^-24.
      for (let i = 0; i < p.length; i++) {
        const off = Math.abs(p[i]! - q[i]!);
        if (off > Math.max(Math.abs(p[i]!) * 2 ** -11, 2 ** -25)) throw new Error(`${name}[${i}]`);
      }
    }
  });

  it("says what is wrong with a folder that it did not write", async () => {
    const out = join(folder, "graph");
    await fullgrad("convert", network("tiny-relu.legacy"), "--to", "tfjs-graph", "-o", out);
    await expect(load(join(out, "model.json"))).rejects.toThrow(/"graph-model".*convert --to tfjs/);
  });
});

describe("convert --to tfjs-graph", () => {
  const names = ["tiny-silu", "resnet18", "densenet", "googlenet", "mobilenet-v2", "shufflenet-v2"];

  it.each(names.flatMap((name) => [`${name}.legacy`, `${name}.dynamo`]))(
    "tf.loadGraphModel opens %s, and it gives ONNX Runtime's logits",
    async (name) => {
      const out = join(folder, name);
      const { code } = await fullgrad("convert", network(name), "--to", "tfjs-graph", "-o", out);
      expect(code).toBe(0);
      await tf.setBackend("cpu");
      const graph = await tf.loadGraphModel(tf.io.fromMemory(artifacts(out)));
      const source = await load(network(name));
      const dims = source.inspect().inputs[0]!.shape.slice(1) as number[];
      const x = image([1, ...dims]);
      const y = graph.execute(tf.tensor(x.data as Float32Array, [...x.dims])) as ReturnType<
        Tf["tensor"]
      >;
      expect(relativeL2(await y.data(), await source.predict(x))).toBeLessThan(1e-5);
      expect(graph.inputs[0]!.shape![0]).toBe(-1);
      graph.dispose();
    },
  );

  it("keeps whole numbers whole: positions made by ConstantOfShape stay indices", async () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: [4] });
    // More of them than become constants when the graph is read.
    const count = 5000;
    const two = tensor("int64", [1], BigInt64Array.of(2n));
    const dims = b.constant(tensor("int64", [2], BigInt64Array.of(BigInt(count), 1n)));
    const positions = b.op("ConstantOfShape", [dims], { value: { type: "tensor", value: two } });
    const sevens = b.constant(float32([count], new Float32Array(count).fill(7)));
    const y = b.op("ScatterND", [x, positions, sevens]);
    const graph = b.build([{ name: "y", value: y }]);
    const { model, weights } = await convertToTfjsGraph(graph, { generatedBy: "a test" });
    const out = join(folder, "whole-numbers");
    writeTfjsFolder(out, model, weights);
    await tf.setBackend("cpu");
    const opened = await tf.loadGraphModel(tf.io.fromMemory(artifacts(out)));
    const found = opened.execute(tf.tensor([1, 2, 3, 4])) as ReturnType<Tf["tensor"]>;
    expect(Array.from(await found.data())).toEqual([1, 2, 7, 4]);
  });

  it("takes NHWC at the border where that is asked for", async () => {
    const out = join(folder, "nhwc");
    const flags = ["--to", "tfjs-graph", "--border", "channels-last", "-o", out];
    await fullgrad("convert", network("resnet18.legacy"), ...flags);
    await tf.setBackend("cpu");
    const graph = await tf.loadGraphModel(tf.io.fromMemory(artifacts(out)));
    const source = await load(network("resnet18.legacy"));
    const dims = source.inspect().inputs[0]!.shape.slice(1) as number[];
    const x = image([1, ...dims]);
    const nhwc = tf.transpose(tf.tensor(x.data as Float32Array, [...x.dims]), [0, 2, 3, 1]);
    const y = graph.execute(nhwc) as ReturnType<Tf["tensor"]>;
    expect(relativeL2(await y.data(), await source.predict(x))).toBeLessThan(1e-5);
  });
});
