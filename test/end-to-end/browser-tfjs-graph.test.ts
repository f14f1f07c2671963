import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { convertToTfjsGraph } from "../../converters/tfjs-graph/onnx-to-tfjs-graph.js";
import { writeTfjsFolder } from "../../converters/tfjs/tfjs-weights.js";
import { load } from "../../src/index.js";
import { float32 } from "../../src/tensor/tensor.js";
import { canBrowse, openScript, type ScriptPage } from "../support/browser.js";
import { relativeL2 } from "../support/compare.js";
import { newGraph } from "../support/graphs.js";
import { importsOf } from "../support/imports.js";
import { efficientNet, fixture, fullgrad } from "./cli-harness.js";

type Script = typeof import("./browser-plain-page.js");

const script = fileURLToPath(new URL("browser-plain-page.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fullgrad-graph-"));

test("the page below uses tfjs only, without this project", () => {
  expect(importsOf(script)).toEqual(["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"]);
});

describe.skipIf(!canBrowse())("in Chromium, tf.loadGraphModel alone", () => {
  let page: ScriptPage<Script>;
  beforeAll(async () => {
    page = await openScript<Script>(script, { folders: { "/graph/": folder } });
  });
  afterAll(async () => {
    await page.close();
    rmSync(folder, { recursive: true });
  });

  test("opens a converted EfficientNet-lite0 with ONNX Runtime's logits", async () => {
    const out = join(folder, "efficientnet");
    const { code } = await fullgrad("convert", efficientNet, "--to", "tfjs-graph", "-o", out);
    expect(code).toBe(0);
    const here = await load(efficientNet);
    const x = await here.preprocess(fixture("images", "chelsea.png"));
    const logits = await here.predict(x);
    await here.dispose();
    const picture = x.data as Float32Array;
    const there = await page.call("answer", "/graph/efficientnet/model.json", picture, [...x.dims]);
    expect(there.dims).toEqual([1, 1000]);
    expect(relativeL2(there.numbers, logits)).toBeLessThan(1e-5);
    expect(there.tensors).toBe(0);
  });

  test("opens 30 MB of weights, although browsers fetch six files at a time and tfjs waits for all to start", async () => {
    const [rows, columns] = [1000, 7500];
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: [1, rows] });
    const numbers = Float32Array.from({ length: rows * columns }, (_, i) => (i % 101) - 50);
    const y = b.op("MatMul", [x, b.constant(float32([rows, columns], numbers))]);
    const graph = b.build([{ name: "y", value: y }]);
    const { model, weights } = await convertToTfjsGraph(graph, { generatedBy: "a test" });
    writeTfjsFolder(join(folder, "large"), model, weights);
    const ones = new Float32Array(rows).fill(1);
    const there = await page.call("answer", "/graph/large/model.json", ones, [1, rows]);
    const sums = new Float64Array(columns);
    for (let i = 0; i < numbers.length; i++) sums[i % columns]! += numbers[i]!;
    expect(relativeL2(there.numbers, sums)).toBeLessThan(1e-6);
  });
});
