import { expect, it } from "vitest";
import { campaign, describeSummary, longestSeconds } from "../suites/hostile/campaign.js";
import { networkSeeds, operatorSeeds } from "../suites/hostile/seeds.js";

const count = Number(process.env["FULLGRAD_FUZZ"] ?? 30_000);
const first = Number(process.env["FULLGRAD_FUZZ_FIRST"] ?? 1);

it(
  `${count} mutants of the networks and of every operator are explained or refused, quickly and by name`,
  { timeout: 24 * 3600_000 },
  async () => {
    const seeds = [...networkSeeds(35_000), ...operatorSeeds(3)];
    const summary = await campaign(seeds, count, first);
    process.stdout.write(`${describeSummary(summary)}\n`);
    const crashes = summary.crashes.slice(0, 20).map((c) => `${c.case}: ${c.error}`);
    expect(crashes.join("\n\n")).toBe("");
    expect(summary.slowest.milliseconds).toBeLessThan(1000 * longestSeconds);
    expect(summary.megabytes).toBeLessThan(1024);
  },
);
