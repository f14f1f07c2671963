import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/index.js";
import { canBrowse, openScript, type ScriptPage } from "../support/browser.js";
import { relativeL2 } from "../support/compare.js";
import { importsOf } from "../support/imports.js";
import { efficientNet, fixture, fullgrad } from "./cli-harness.js";

type Script = typeof import("./browser-plain-page.js");

const script = fileURLToPath(new URL("browser-plain-page.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fullgrad-graph-"));

test("the page below has tfjs, and nothing of this project", () => {
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

  test("opens a converted EfficientNet-lite0, and it gives ONNX Runtime's logits", async () => {
    const { code } = await fullgrad("convert", efficientNet, "--to", "tfjs-graph", "-o", folder);
    expect(code).toBe(0);
    const here = await load(efficientNet);
    const x = await here.preprocess(fixture("images", "chelsea.png"));
    const logits = await here.predict(x);
    await here.dispose();
    const picture = x.data as Float32Array;
    const there = await page.call("answer", "/graph/model.json", picture, [...x.dims]);
    expect(there.dims).toEqual([1, 1000]);
    expect(relativeL2(there.numbers, logits)).toBeLessThan(1e-5);
    expect(there.tensors).toBe(0);
  });
});
