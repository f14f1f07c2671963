/**
 * Measures a first and a second visit of the page: bytes and time until the answer that the build computed, and until the
 * page's own; then its memory over explanations of two classes in turns.
 *
 * usage: npm run web:build; npm run build; node dist/bench/page-visit.js [RUNS] [CHROMIUM]      (50, /usr/bin/chromium)
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { serve } from "../test/support/serve.js";

const [runs = "50", executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const server = await serve({ "/": join(import.meta.dirname, "../../web/dist") }, true);
const profile = mkdtempSync(join(tmpdir(), "fullgrad-visit-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  chromiumSandbox: false,
});
const page = await context.newPage();
page.setDefaultTimeout(300_000);
let bytes = 0;
context.on("requestfinished", (request) => {
  void request.sizes().then(({ responseBodySize }) => (bytes += responseBodySize));
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function visit(what: string): Promise<void> {
  bytes = 0;
  const start = performance.now();
  const report = (of: string): void => {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    print(`${what}, ${of}: ${seconds} s, ${(bytes / 1e6).toFixed(2)} MB`);
  };
  await page.goto(`${server.url}/`);
  await page.locator("#findings[data-precomputed]").waitFor();
  report("answer computed in advance");
  await page.locator("#findings:not([data-precomputed]) #sum[data-conditioned]").waitFor();
  report("own answer");
  await page.locator("#offline").waitFor();
}

/** Bytes of the page and its workers, after garbage collection. */
const memory = async (): Promise<number> =>
  page.evaluate<number>("performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes)");

await visit("first visit");
// Another document, so that the same address loads the page again.
await page.goto("about:blank");
await visit("second visit");
const idle = (): Promise<void> => page.locator("#progress").waitFor({ state: "hidden" });
await idle();
for (let run = 0; run <= Number(runs); run++) {
  const choice = page.locator("#top th button").nth(run % 2);
  const name = (await choice.textContent())!.replace(/ \d+$/, "");
  await choice.click();
  await page.locator("#answer-heading").filter({ hasText: name }).waitFor();
  await idle();
  if (run === 2 || run === Number(runs)) {
    print(`memory after ${run} explanations: ${((await memory()) / 1e6).toFixed(1)} MB`);
  }
}
await context.close();
await server.close();
rmSync(profile, { recursive: true, force: true });
