import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { describeSummary, longestSeconds } from "../suites/hostile/campaign.js";
import { fileCampaign } from "../suites/hostile/file-campaign.js";
import { fileKinds } from "../suites/hostile/files.js";

const count = Number(process.env["FULLGRAD_FUZZ_FILES"] ?? 3000);
const first = Number(process.env["FULLGRAD_FUZZ_FIRST"] ?? 1);

const folder = mkdtempSync(join(tmpdir(), "fullgrad-files-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it(
  `${count} mutants of pictures, arrays, tfjs folders, settings and journals are read or refused by name`,
  { timeout: 24 * 3600_000 },
  async () => {
    const kinds = await fileKinds(folder);
    const summary = await fileCampaign(kinds, count, first);
    process.stdout.write(`${describeSummary(summary)}\n`);
    const crashes = summary.crashes.slice(0, 20).map((c) => `${c.case}: ${c.error}`);
    expect(crashes.join("\n\n")).toBe("");
    for (const { name } of kinds) expect(summary.outcomes.has(`${name}: read`), name).toBe(true);
    expect(summary.slowest.milliseconds).toBeLessThan(1000 * longestSeconds);
    expect(summary.megabytes).toBeLessThan(1024);
  },
);
