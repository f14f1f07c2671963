import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeNpy, load, parsePreprocessing } from "../../src/index.js";
import { canBrowse, startChromium, type Browser } from "../support/browser.js";
import { relativeL2 } from "../support/compare.js";
import { runModel } from "../support/run-model.js";
import type { Site } from "../support/serve.js";
import { efficientNet, fixture } from "./cli-harness.js";
import {
  axeFindings,
  chelsea,
  download,
  drop,
  dropFile,
  explainCat,
  readAnswer,
  servePage,
  settings,
} from "./web-page.js";

describe.skipIf(!canBrowse())("the page", () => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  let errors: readonly string[];
  const requests: string[] = [];

  let loadNetwork: () => void;

  const open = async (
    prepare?: (page: Page) => Promise<unknown>,
  ): Promise<{ readonly page: Page; readonly errors: readonly string[] }> => {
    const opened = await browser.open(site.url, prepare);
    opened.page.context().on("request", (request) => requests.push(request.url()));
    opened.page.setDefaultTimeout(110_000);
    await opened.page.locator("html[data-ready]").waitFor();
    return opened;
  };

  beforeAll(async () => {
    [site, browser] = await Promise.all([servePage(), startChromium()]);
    const mayLoad = new Promise<void>((resolve) => (loadNetwork = resolve));
    ({ page, errors } = await open((opened) =>
      opened.route("**/*.onnx", (route) => mayLoad.then(() => route.continue())),
    ));
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  test("shows the library's answer before the network is loaded, and then its own", async () => {
    const first = page.locator("#findings[data-precomputed]");
    await first.waitFor();
    expect(await first.locator("#subject").textContent()).toContain("computed in advance");
    const { explanation } = await explainCat();
    const { score, target } = explanation;
    expect(await page.locator("#score").textContent()).toContain(
      `class ${target} · score ${score.toFixed(3)}`,
    );
    loadNetwork();
    expect((await readAnswer(page, "chelsea.png")).conditioned).toBeLessThan(1e-4);
  });

  test("finds the cat in a dropped picture, and the terms add up", async () => {
    await dropFile(page, chelsea);
    const { target, conditioned } = await readAnswer(page, "chelsea.png");
    expect([281, 282, 285]).toContain(target);
    expect(conditioned).toBeGreaterThan(0);
    expect(conditioned).toBeLessThan(1e-4);
    expect(await page.locator("#sum-heading").textContent()).toBe("The terms add up to the score");
  });

  test("its map is Node's", async () => {
    const map = decodeNpy(await download(page, "Map, .npy"));
    const { explanation } = await explainCat();
    expect(map.dims).toEqual([224, 224]);
    expect(relativeL2(map, explanation.map)).toBeLessThan(1e-3);
  });

  test("the downloaded model explains itself in another engine", async () => {
    const bytes = await download(page, "Self-explaining model");
    const { x, explanation } = await explainCat();
    const results = await runModel(bytes, new Map([["input", x]]));
    expect(relativeL2(results.get("saliency")!, explanation.map)).toBeLessThan(1e-5);
  });

  test("explains another class, given part of its name", async () => {
    await page.getByLabel("Explain another class").fill("Egyptian");
    await page.keyboard.press("Enter");
    const { target, conditioned } = await readAnswer(page, "chelsea.png", "Egyptian cat");
    expect(target).toBe(285);
    expect(conditioned).toBeLessThan(1e-4);
    const pressed = await page.locator("#top [aria-pressed=true]").textContent();
    expect(pressed).toBe("Egyptian cat 285");
  });

  test("shows methods side by side; one with many passes shows its progress and can be cancelled", async () => {
    await page.locator("#cards").scrollIntoViewIfNeeded();
    await page.locator(".card[data-method=grad-cam][data-state=done]").waitFor();
    // Grad-CAM is no decomposition: it has no verdict.
    await page.locator(".card[data-method=grad-cam] .choose").click();
    expect(await page.locator("#sum-section").isVisible()).toBe(false);
    expect(await page.locator("#check-heading").textContent()).toContain("no sum to check");
    await page.locator(".card[data-method=fullgrad] .choose").click();
    expect(await page.locator("#sum-section").isVisible()).toBe(true);
    await page.getByLabel("Another method").selectOption("rise");
    await page.locator("#add-method").click();
    await page
      .locator("#doing")
      .filter({ hasText: /RISE, \d+ of \d+ passes/ })
      .waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator(".card[data-method=rise][data-state=asked]").waitFor();
    expect(await page.locator("#progress").isVisible()).toBe(false);
    // The worker is cancelled too, and answers the next request.
    await page.locator("#top button").first().click();
    await readAnswer(page, "chelsea.png", "tiger cat");
  });

  test("a file that is not a model is refused with the library's message, and the state is kept", async () => {
    const half = readFileSync(efficientNet).subarray(0, 5_000_000);
    await drop(page, "half.onnx", half);
    const problem = page.locator(".problem");
    await problem.waitFor();
    expect(await problem.getAttribute("data-error")).toBe("ModelFormatError");
    const before = await load(half).catch(String);
    expect(before).toContain(await problem.locator("pre").textContent());
    expect(await page.locator("#answer-heading").textContent()).toBe("tiger cat");
    expect(await page.locator(".model[aria-pressed=true]").textContent()).toContain(
      "efficientnet-lite0.onnx",
    );
  });

  test("so is a file that is not a picture", async () => {
    await drop(page, "cat.png", new TextEncoder().encode("no picture"));
    const problem = page.locator(".problem[data-error=ImageError]");
    await problem.waitFor();
    expect(await problem.textContent()).toContain("cat.png is not in a supported picture format");
    expect(await page.locator("#subject").textContent()).toContain("chelsea.png");
  });

  test("a JPEG and a WebP have the same score as in Node", async () => {
    const model = await load(efficientNet);
    const preprocessing = parsePreprocessing(JSON.parse(readFileSync(settings, "utf8")), settings);
    for (const name of ["420-progressive.jpg", "lossy.webp"]) {
      const path = fixture("pictures", name);
      await dropFile(page, path);
      const there = await readAnswer(page, name);
      const here = await model.explain(await model.preprocess(path, preprocessing));
      expect(there.target).toBe(here.target);
      expect(there.score).toBeCloseTo(here.score, 2);
    }
    await model.dispose();
    await dropFile(page, chelsea);
    await readAnswer(page, "chelsea.png");
  });

  test("several pictures stand in a grid, sorted by score, each of which can be opened", async () => {
    const cards = page.locator("#grid-cards li");
    await cards.nth(3).waitFor();
    await page.locator("#grid-order").selectOption("score");
    const texts = await cards.allTextContents();
    const scores = texts.map((text) => Number(/score ([\d.]+)/.exec(text)![1]));
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    const remainders = await page.evaluate<number[]>(
      "[...document.querySelectorAll('#grid-cards li')].map((card) => Number(card.dataset.remainder))",
    );
    expect(Math.max(...remainders)).toBeLessThan(1e-4);
    const last = cards.filter({ hasText: "lossy.webp" });
    const score = Number(/score ([\d.]+)/.exec((await last.textContent())!)![1]);
    await last.getByRole("button").click();
    expect((await readAnswer(page, "lossy.webp")).score).toBeCloseTo(score, 2);
    await cards.filter({ hasText: "chelsea.png" }).first().getByRole("button").click();
    await readAnswer(page, "chelsea.png");
  });

  // Names of controls, contrast, targets of 24 pixels, landmarks, order of headings.
  test.each([
    ["light", { colorScheme: "light", forcedColors: "none" }],
    ["dark", { colorScheme: "dark", forcedColors: "none" }],
    ["forced", { colorScheme: "light", forcedColors: "active" }],
  ] as const)("axe finds nothing in %s colours", async (_, media) => {
    await page.emulateMedia({ ...media, reducedMotion: "reduce" });
    expect(await axeFindings(page)).toEqual([]);
  });

  test("fits a narrow screen", async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    const [wide, screen] = await page.evaluate<[number, number]>(
      "[document.documentElement.scrollWidth, innerWidth]",
    );
    expect(wide).toBeLessThanOrEqual(screen);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test("opens and explains offline after the first visit", async () => {
    await page.locator("#offline").waitFor();
    const large = [...site.asked].filter(([path]) => /(\.onnx|-threaded\.wasm)$/.test(path));
    expect(large.map(([, count]) => count)).toEqual([1, 1]);
    await page.context().setOffline(true);
    await page.reload();
    await page.locator("html[data-ready]").waitFor();
    // The picture that was dropped before the reload is still there.
    expect((await readAnswer(page, "chelsea.png")).conditioned).toBeLessThan(1e-4);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("the keyboard alone leads from the file to the map", async () => {
    const own = await open();
    const focused = (): Promise<string> =>
      own.page.evaluate("document.activeElement.id || document.activeElement.title");
    const tabTo = async (wanted: string): Promise<void> => {
      for (let i = 0; i < 60 && (await focused()) !== wanted; i++)
        await own.page.keyboard.press("Tab");
      expect(await focused()).toBe(wanted);
    };
    // Asked for well before the key: the browser is told to hand the chooser over, which takes a moment.
    const chooser = own.page.waitForEvent("filechooser");
    await tabTo("files");
    await own.page.keyboard.press("Enter");
    await (await chooser).setFiles(chelsea);
    expect([281, 282, 285]).toContain((await readAnswer(own.page, "chelsea.png")).target);
    expect(await own.page.locator("[role=status]").textContent()).toMatch(/tiger cat, .* add up/);
    await tabTo("opacity");
    await own.page.keyboard.press("Home");
    expect(await own.page.locator("#opacity-said").textContent()).toBe("0 %");
    await tabTo("target");
    await own.page.keyboard.type("904");
    await own.page.keyboard.press("Enter");
    expect((await readAnswer(own.page, "chelsea.png", "window screen")).target).toBe(904);
    expect(own.errors).toEqual([]);
    await own.page.close();
  });

  test("makes no request to another origin", () => {
    const { origin } = new URL(site.url);
    expect(requests.length).toBeGreaterThan(10);
    const local = [origin, "null"];
    expect(
      requests.filter((url) => !local.includes(new URL(url).origin) && !url.startsWith("blob:")),
    ).toEqual([]);
  });
});
