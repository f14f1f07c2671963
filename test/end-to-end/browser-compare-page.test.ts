import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { colorScale } from "../../src/draw/color-scale.js";
import { overlay } from "../../src/draw/overlay.js";
import type { Raster } from "../../src/image/raster.js";
import { pageColors } from "../../src/compare/page-colors.js";
import type { PageData } from "../../src/compare/page-data.js";
import { comparePage } from "../../src/compare/compare-page.js";
import { float32 } from "../../src/tensor/tensor.js";
import { canBrowse, startChromium, type Browser } from "../support/browser.js";
import { Random } from "../support/random.js";

const random = new Random(11);
const [width, height] = [40, 30];
const view: Raster = {
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 255)),
};
const heat = float32([height, width], random.many(width * height, 0, 9));
const signed = float32([height, width], random.many(width * height, -3, 2));
const layer = float32([2, 2], [1, -1, 0, 2]);

describe.skipIf(!canBrowse())("the page of a comparison, opened from a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "fullgrad-compare-"));
  let browser: Browser;
  let page: Page;
  let errors: readonly string[];
  const requests: string[] = [];

  beforeAll(async () => {
    const row = {
      ...{ name: "cat", caption: ["cat.png", "0 cat", "score 2"], view },
      maps: [{ map: heat, file: "p.maps/cat.fullgrad.npy" }, { map: signed }],
      layers: { output: 2, parts: [{ name: "input", op: "", value: 2, map: layer }] },
    };
    const methods = [
      { name: "fullgrad", signed: false },
      { name: "lrp", signed: true },
    ];
    const path = join(folder, "p.html");
    writeFileSync(path, await comparePage({ title: "m.onnx", methods, rows: [row] }));
    browser = await startChromium();
    ({ page, errors } = await browser.open(pathToFileURL(path).href));
    page.on("request", (request) => requests.push(request.url()));
    await drawn();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Waits until every map is drawn as the controls say; the page's policy forbids a polled script. */
  async function drawn(): Promise<void> {
    const busy = page.locator('canvas[data-map]:not([aria-busy="false"])');
    await vi.waitUntil(async () => (await busy.count()) === 0, { timeout: 30_000 });
  }

  /** R, G, B of a map's canvas. */
  async function pixelsOf(place: number): Promise<number[]> {
    await drawn();
    const data = await page.evaluate<number[]>(
      `(() => {
        const canvas = document.querySelectorAll("canvas[data-map]")[${place}];
        return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
      })()`,
    );
    return data.filter((_, i) => i % 4 !== 3);
  }

  test("shows the pixels of an overlay of the numbers that it holds", async () => {
    const json = (await page.locator("#comparison").textContent())!;
    const { maps } = JSON.parse(json) as PageData;
    for (const [place, map] of [heat, signed].entries()) {
      const held = [...pageColors().decodeMap(maps[place]!)];
      const scale = colorScale([map.data]);
      const expected = overlay(view, float32(map.dims, held), { scale });
      expect(await pixelsOf(place)).toEqual([...expected.data]);
    }
  });

  test("shows the value under the pointer, in every map of the image", async () => {
    const box = (await page.locator("canvas[data-map]").first().boundingBox())!;
    const [x, y] = [7, 21];
    await page.mouse.move(
      box.x + ((x + 0.5) / width) * box.width,
      box.y + ((y + 0.5) / height) * box.height,
    );
    const readings = await page.locator("figure output").allTextContents();
    const at = y * width + x;
    expect(readings.map(Number)).toEqual(
      [heat, signed].map((map) => expect.closeTo(map.data[at]!, 3) as number),
    );
    expect(await page.locator("#reading").textContent()).toMatch(/^fullgrad, .*x 7, y 21: /);
    await page.mouse.move(0, 0);
    expect(await page.locator("figure output").allTextContents()).toEqual(["", ""]);
  });

  test("can be read by keyboard alone", async () => {
    await page.evaluate("document.activeElement.blur()");
    const names: string[] = [];
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press("Tab");
      names.push(
        await page.evaluate(
          "document.activeElement.name || document.activeElement.getAttribute('aria-label') || document.activeElement.textContent",
        ),
      );
    }
    expect(names).toEqual([
      ...["opacity", "photograph", "colormap", "scale", "theme"],
      ".npy",
      "fullgrad, cat.png, 0 cat, score 2",
      "lrp, cat.png, 0 cat, score 2",
    ]);
    for (const key of ["ArrowRight", "ArrowDown", "Shift+ArrowUp"]) await page.keyboard.press(key);
    const [x, y] = [width / 2 + 1, height / 2 + 1 - 10];
    const said = await page.locator("#reading").textContent();
    expect(said).toContain(`lrp, cat.png, 0 cat, score 2, x ${x}, y ${y}: `);
    expect(Number(said!.split(": ").at(-1))).toBeCloseTo(signed.data[y * width + x]!, 3);
    await page.keyboard.press("Escape");
    expect(await page.locator("figure output").allTextContents()).toEqual(["", ""]);
  });

  test("fades with the opacity, down to the photograph", async () => {
    await page.locator("[name=opacity]").fill("0");
    const expected = overlay(view, heat, { opacity: 0 }).data;
    expect(await pixelsOf(0)).toEqual([...expected]);
    expect(await page.locator("#percent").textContent()).toBe("0 %");
    await page.locator("[name=opacity]").fill("0.85");
  });

  test("redraws in other colours", async () => {
    await page.locator("[name=photograph]").uncheck();
    await page.locator("[name=colormap]").selectOption("viridis");
    const pixels = await pixelsOf(0);
    const highest = heat.data.indexOf(Math.max(...heat.data)) * 3;
    expect(pixels.slice(highest, highest + 3)).toEqual([253, 231, 37]);
    await page.locator("[name=colormap]").selectOption("inferno");
    await page.locator("[name=photograph]").check();
  });

  test("has a light and a dark theme", async () => {
    const background = (): Promise<string> =>
      page.evaluate("getComputedStyle(document.body).backgroundColor");
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await background()).toBe("rgb(22, 22, 22)");
    await page.locator("[name=theme]").selectOption("light");
    expect(await background()).toBe("rgb(255, 255, 255)");
    await page.emulateMedia({ colorScheme: "light" });
    await page.locator("[name=theme]").selectOption("dark");
    expect(await background()).toBe("rgb(22, 22, 22)");
    await page.locator("[name=theme]").selectOption("auto");
  });

  test("fits a narrow screen", async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    const [wide, screen] = await page.evaluate<[number, number]>(
      "[document.documentElement.scrollWidth, innerWidth]",
    );
    expect(wide).toBeLessThanOrEqual(screen);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test("makes no requests and reports no errors", () => {
    expect(requests.filter((url) => !url.startsWith("data:"))).toEqual([]);
    expect(errors).toEqual([]);
  });
});
