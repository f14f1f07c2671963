import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeImage, decodeNpy, load } from "../../src/index.js";
import { canBrowse, openScript, type ScriptPage } from "../support/browser.js";
import { relativeL2 } from "../support/compare.js";
import { efficientNet, fixture, tinyRelu } from "./cli-harness.js";

type Script = typeof import("./browser-page.js");

const script = fileURLToPath(new URL("browser-page.ts", import.meta.url));
const chelsea = fixture("images", "chelsea.png");
const pictures = readdirSync(fixture("images")).filter((name) => /\.(png|jpg)$/.test(name));

/** As the page's server has it. */
const url = (path: string): string => path.replace(fixture(), "/fixtures");

describe.skipIf(!canBrowse())("in Chromium", () => {
  let page: ScriptPage<Script>;
  beforeAll(async () => {
    page = await openScript<Script>(script);
  });
  afterAll(() => page.close());

  test("ONNX Runtime's wasm explains the cat as Node does", async () => {
    const there = await page.call("explain", url(efficientNet), url(chelsea), {});
    const here = await load(efficientNet);
    const { target, score, map } = await here.explain(await here.preprocess(chelsea));
    await here.dispose();
    expect(there.target).toBe(target);
    expect([281, 282, 285]).toContain(target);
    expect(there.score).toBeCloseTo(score, 4);
    expect(there.conditioned).toBeLessThan(1e-6);
    expect(relativeL2(there.map, map)).toBeLessThan(1e-4);
  });

  test("external weights are fetched from the model's folder", async () => {
    const path = fixture("forms", "external-data.legacy.onnx");
    const array = fixture("forms", "external-data", "input.npy");
    const x = decodeNpy(readFileSync(array));
    const target = Array.from({ length: x.dims[0]! }, () => 0);
    const there = await page.call("explainArray", url(path), url(array), target, {});
    const here = await load(path);
    const { map } = await here.explain(x, { target });
    await here.dispose();
    expect(relativeL2(there.map, map)).toBeLessThan(1e-5);
  });

  test.each(pictures)("the pixels of %s are Node's", async (name) => {
    const { width, height, data } = await decodeImage(readFileSync(fixture("images", name)), name);
    const digest = createHash("sha256").update(data).digest("hex");
    expect(await page.call("decode", `/fixtures/images/${name}`)).toEqual(
      `${width} x ${height}: ${digest}`,
    );
  });

  test("the pixels of small pictures of all kinds are Pillow's", async () => {
    const list = readFileSync(fixture("pictures", "pictures.json"), "utf8");
    const all = JSON.parse(list) as { file: string; width: number; height: number; rgb: string }[];
    const readHere = all.filter(
      ({ file }) => /\.(png|jpg|webp)$/.test(file) && file !== "cmyk.jpg",
    );
    expect(readHere.length).toBeGreaterThan(40);
    for (const { file, width, height, rgb } of readHere) {
      const pixels = await page.call("decode", `/fixtures/pictures/${file}`);
      expect(pixels, file).toBe(`${width} x ${height}: ${rgb}`);
    }
  });

  test.each([
    ["rgb.png", 3000],
    ["rocket.jpg", 50_000],
  ])("half of %s is not a picture", async (name, bytes) => {
    const message = await page.call("decode", `/fixtures/images/${name}`, bytes);
    expect(message).toMatch(/^ImageError: the image cannot be decoded: .* truncated/);
  });

  test("a PNG round trip keeps every pixel", async () => {
    expect(await page.call("rewrite", url(chelsea))).toBe(true);
  });

  test("a provider available only in Node is refused", async () => {
    const run = page.call("explain", url(tinyRelu), url(chelsea), { provider: "cuda" });
    await expect(run).rejects.toThrow(/no provider cuda in browsers; use wasm or webgpu/);
  });

  test("a missing model is named in the error", async () => {
    const run = page.call("explain", "/fixtures/nothing.onnx", url(chelsea), {});
    await expect(run).rejects.toThrow(/cannot read the model "\/fixtures\/nothing.onnx": .* 404/);
  });
});
