/**
 * Takes docs/web.png: a window of 1280 × 920 in which the page has explained the cat, at 880 × 632 pixels.
 *
 * usage: npm run web:build; npm run build; node dist/bench/page-picture.js [CHROMIUM]      (/usr/bin/chromium)
 */
import { join } from "node:path";
import { chromium } from "playwright-core";
import { serve } from "../test/support/serve.js";

const [executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const root = join(import.meta.dirname, "../..");
// An isolated page gets threads.
const server = await serve({ "/": join(root, "web/dist") }, true);
const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
const page = await browser.newPage({
  viewport: { width: 1280, height: 920 },
  deviceScaleFactor: 880 / 1280,
});
// A busy machine takes its time.
page.setDefaultTimeout(300_000);
await page.goto(`${server.url}/`);
await page.locator("html[data-ready]").waitFor();
await page.locator("#findings:not([data-precomputed]) #sum[data-conditioned]").waitFor();
await page.locator("#progress").waitFor({ state: "hidden" });
// Another class and back: the numbers under the maps are then those of compiled graphs.
for (const i of [1, 0]) {
  const choice = page.locator("#top th button").nth(i);
  const name = (await choice.textContent())!.replace(/ \d+$/, "");
  await choice.click();
  await page.locator("#answer-heading").filter({ hasText: name }).waitFor();
  await page.locator("#progress").waitFor({ state: "hidden" });
}
await page.screenshot({ path: join(root, "docs/web.png") });
await browser.close();
await server.close();
