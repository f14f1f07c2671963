// What the tests of the page do with it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { build } from "vite";
import { load, parsePreprocessing, type Explanation, type Tensor } from "../../src/index.js";
import { serve, type Site } from "../support/serve.js";
import { efficientNet, fixture, root } from "./cli-harness.js";

export const chelsea = fixture("images", "chelsea.png");
export const settings = fixture("efficientnet-lite0", "efficientnet-lite0.preprocess.json");

/** The static build in a folder of its own, served from a path that is not the root. */
export async function servePage(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "fullgrad-web-"));
  await build({
    root: join(root, "web"),
    configFile: join(root, "web", "vite.config.ts"),
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true, reportCompressedSize: false },
  });
  const site = await serve({ "/some/where/": folder });
  return {
    url: `${site.url}/some/where/`,
    asked: site.asked,
    async close() {
      await site.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Drops a file on the page, as a hand does. */
export async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const data = await page.evaluateHandle(
    ([fileName, base64]) => {
      const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const type = /\.png$/.test(fileName) ? "image/png" : "";
      // The types of Node know nothing of drags.
      const { DataTransfer } = globalThis as unknown as {
        DataTransfer: new () => { readonly items: { add(file: File): void } };
      };
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], fileName, { type }));
      return transfer;
    },
    [name, Buffer.from(bytes).toString("base64")] as const,
  );
  for (const type of ["dragenter", "dragover", "drop"]) {
    await page.locator("main").dispatchEvent(type, { dataTransfer: data });
  }
}

export async function dropFile(page: Page, path: string): Promise<void> {
  await drop(page, basename(path), readFileSync(path));
}

/** What the page says of the score. */
export interface Reading {
  readonly title: string;
  readonly target: number;
  readonly score: number;
  readonly conditioned: number;
}

/** Waits for an answer about this picture, and about this class where one is named. */
export async function readAnswer(
  page: Page,
  picture: string,
  title: string | RegExp = "",
): Promise<Reading> {
  await page.locator("#findings:not([data-precomputed]) #subject", { hasText: picture }).waitFor();
  await page.locator("#answer-heading").filter({ hasText: title }).waitFor();
  const [line, heading, conditioned] = await Promise.all([
    page.locator("#score").textContent(),
    page.locator("#answer-heading").textContent(),
    page.locator("#sum").getAttribute("data-conditioned"),
  ]);
  return {
    title: heading!,
    target: Number(/class (\d+)/.exec(line!)![1]),
    score: Number(/scores? ([\d.−]+)/.exec(line!)![1]!.replace("−", "-")),
    conditioned: Number(conditioned),
  };
}

/** What a button of the page makes the browser save. */
export async function download(page: Page, name: string): Promise<Uint8Array> {
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name }).click();
  return readFileSync(await (await coming).path());
}

/**
 * What axe finds wrong on the page: "rule: selector".
 *
 * @see https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md
 */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`(async () => {
    const levels = ["2a", "2aa", "21a", "21aa", "22aa"].map((level) => "wcag" + level);
    const { violations } = await axe.run({ runOnly: [...levels, "best-practice"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ": " + target.join(" ")));
  })()`);
}

/** The cat as EfficientNet-lite0's input, and its explanation, in this process. */
export function explainCat(): Promise<ExplainedCat> {
  return (cat ??= explain());
}

interface ExplainedCat {
  readonly x: Tensor;
  readonly explanation: Explanation;
}

let cat: Promise<ExplainedCat> | undefined;

async function explain(): Promise<ExplainedCat> {
  const model = await load(efficientNet);
  const json: unknown = JSON.parse(readFileSync(settings, "utf8"));
  const x = await model.preprocess(chelsea, parsePreprocessing(json, settings));
  const explanation = await model.explain(x);
  await model.dispose();
  return { x, explanation };
}
