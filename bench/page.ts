/**
 * Measures a FullGrad map of EfficientNet-lite0 in the page (Chromium) and in Node, alternating, with one thread and with
 * all.
 *
 * usage: npm run web:build; node dist/bench/page.js [RUNS] [CHROMIUM]      (30, /usr/bin/chromium)
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { load, ortBackend, parsePreprocessing } from "../src/index.js";
import { serve } from "../test/support/serve.js";

const [runs = "30", executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const site = join(import.meta.dirname, "../../web/dist");
const fixtures = join(import.meta.dirname, "../../fixtures");
/** The number under the FullGrad map, for the first and the second choice in turns. An isolated page gets threads. */
async function inPage(isolated: boolean): Promise<number[]> {
  const server = await serve({ "/": site }, isolated);
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
  const page = await browser.newPage();
  await page.goto(`${server.url}/`);
  await page.locator("html[data-ready]").waitFor();
  const idle = (): Promise<void> => page.locator("#progress").waitFor({ state: "hidden" });
  await page.locator("#findings:not([data-precomputed]) #sum[data-conditioned]").waitFor();
  await idle();
  const times: number[] = [];
  for (let run = 0; run <= Number(runs); run++) {
    const choice = page.locator("#top th button").nth((run + 1) % 2);
    const name = (await choice.textContent())!.replace(/ \d+$/, "");
    await choice.click();
    await page.locator("#answer-heading").filter({ hasText: name }).waitFor();
    await idle();
    const time = (await page.locator(".card[data-method=fullgrad] .note").textContent())!;
    times.push(parseFloat(time) * (time.endsWith(" ms") ? 1 : 1000));
  }
  await browser.close();
  await server.close();
  return times.slice(1);
}

async function inNode(threads: number): Promise<number[]> {
  const network = join(fixtures, "efficientnet-lite0/efficientnet-lite0");
  const model = await load(`${network}.onnx`, { backend: ortBackend({ threads }) });
  const settings: unknown = JSON.parse(readFileSync(`${network}.preprocess.json`, "utf8"));
  const cat = join(fixtures, "images/chelsea.png");
  const x = await model.preprocess(cat, parsePreprocessing(settings, "the settings"));
  const times: number[] = [];
  for (let run = 0; run <= Number(runs); run++) {
    const start = performance.now();
    await model.explain(x, { target: run % 2 ? 282 : 285 });
    times.push(performance.now() - start);
  }
  await model.dispose();
  return times.slice(1);
}

function print(where: string, times: readonly number[]): void {
  const sorted = times.toSorted((p, q) => p - q);
  const [least, median] = [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!];
  process.stdout.write(`${where}: median ${median.toFixed(0)} ms, least ${least.toFixed(0)} ms\n`);
}

const all = cpus().length;
print("Node, one thread", await inNode(1));
print("page, one thread", await inPage(false));
print(`Node, ${all} threads`, await inNode(all));
print(`page, ${all} threads`, await inPage(true));
