import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/index.js";
import { canBrowse, openScript, type ScriptPage } from "../support/browser.js";
import { relativeL2 } from "../support/compare.js";
import { efficientNet, fixture, fullgrad } from "./cli-harness.js";

type Script = typeof import("./browser-page.js");

const script = fileURLToPath(new URL("browser-page.ts", import.meta.url));
const chelsea = fixture("images", "chelsea.png");

/** As the page's server has it. */
const url = (path: string): string => path.replace(fixture(), "/fixtures");

const wasmPaths = "/tfjs-wasm/";

/** Runs after the first: a leak shows in each of them. */
const more = 4;

/** What `convert --to tfjs` made of the network. */
const folder = mkdtempSync(join(tmpdir(), "fullgrad-converted-"));
const converted = "/converted/model.json";

describe.skipIf(!canBrowse())("in Chromium, tfjs on wasm", () => {
  let page: ScriptPage<Script>;
  beforeAll(async () => {
    expect((await fullgrad("convert", efficientNet, "--to", "tfjs", "-o", folder)).code).toBe(0);
    page = await openScript<Script>(script, { folders: { "/converted/": folder } });
  });
  afterAll(async () => {
    await page.close();
    rmSync(folder, { recursive: true });
  });

  test.each([
    ["the ONNX file", url(efficientNet)],
    ["the converted folder", converted],
  ])("%s explains the cat as ONNX Runtime does in Node", async (_, model) => {
    const options = { backend: "tfjs", wasmPaths } as const;
    const there = await page.call("explain", model, url(chelsea), options);
    const here = await load(efficientNet);
    const { target, score, map } = await here.explain(await here.preprocess(chelsea));
    await here.dispose();
    expect(there.target).toBe(target);
    expect([281, 282, 285]).toContain(target);
    expect(there.score).toBeCloseTo(score, 4);
    expect(there.conditioned).toBeLessThan(1e-6);
    expect(relativeL2(there.map, map)).toBeLessThan(1e-3);
  });

  test("holds no more tensors after more explanations, and none when the model is gone", async () => {
    const [first, last, none] = await page.call(
      ...(["countTensors", converted, url(chelsea), more, { wasmPaths }] as const),
    );
    expect(first).toBeGreaterThan(50);
    expect(last).toBe(first);
    expect(none).toBe(0);
  });

  test("loadTfjs opens the folder, tf.grad has ONNX Runtime's gradient, and more gradients leave no tensor", async () => {
    const here = await load(efficientNet);
    const x = await here.preprocess(chelsea);
    const { inputGradient, samples } = await here.fullGradient(x, { target: 282 });
    await here.dispose();
    const [picture, dims] = [x.data as Float32Array, x.dims as [number, number, number, number]];
    const { score, gradient, counts } = await page.call(
      ...(["differentiate", converted, picture, dims, 282, more, wasmPaths] as const),
    );
    expect(score).toBeCloseTo(samples[0]!.completeness.output, 4);
    expect(relativeL2(gradient, inputGradient)).toBeLessThan(1e-3);
    const [first, last, none] = counts;
    expect(last).toBe(first);
    expect(none).toBe(0);
  });
});
