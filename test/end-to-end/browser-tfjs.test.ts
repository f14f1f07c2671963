import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/index.js";
import { canBrowse, openScript, type ScriptPage } from "../support/browser.js";
import { relativeL2 } from "../support/compare.js";
import { efficientNet, fixture } from "./cli-harness.js";

type Script = typeof import("./browser-page.js");

const script = fileURLToPath(new URL("browser-page.ts", import.meta.url));
const chelsea = fixture("images", "chelsea.png");

/** As the page's server has it. */
const url = (path: string): string => path.replace(fixture(), "/fixtures");

const wasmPaths = "/tfjs-wasm/";

describe.skipIf(!canBrowse())("in Chromium, tfjs on wasm", () => {
  let page: ScriptPage<Script>;
  beforeAll(async () => {
    page = await openScript<Script>(script);
  });
  afterAll(() => page.close());

  test("explains the cat as ONNX Runtime does in Node", async () => {
    const options = { backend: "tfjs", wasmPaths } as const;
    const there = await page.call("explain", url(efficientNet), url(chelsea), options);
    const here = await load(efficientNet);
    const { target, score, map } = await here.explain(await here.preprocess(chelsea));
    await here.dispose();
    expect(there.target).toBe(target);
    expect([281, 282, 285]).toContain(target);
    expect(there.score).toBeCloseTo(score, 4);
    expect(there.conditioned).toBeLessThan(1e-6);
    expect(relativeL2(there.map, map)).toBeLessThan(1e-3);
  });

  test("holds no more tensors after 20 explanations, and none when the model is gone", async () => {
    const [first, last, none] = await page.call(
      ...(["countTensors", url(efficientNet), url(chelsea), 20, { wasmPaths }] as const),
    );
    expect(first).toBeGreaterThan(50);
    expect(last).toBe(first);
    expect(none).toBe(0);
  });
});
