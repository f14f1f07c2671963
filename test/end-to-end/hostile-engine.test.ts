import { expect, it } from "vitest";
import { describeEngineSummary, engineCampaign } from "../suites/hostile/engine-campaign.js";
import { networkSeeds, operatorSeeds } from "../suites/hostile/seeds.js";

const count = Number(process.env["FULLGRAD_FUZZ_ENGINE"] ?? 150);
const first = Number(process.env["FULLGRAD_FUZZ_FIRST"] ?? 1);

it(
  `${count} mutants through ONNX Runtime: no crash, no untyped error, no wrong output`,
  { timeout: 24 * 3600_000 },
  async () => {
    const seeds = [...networkSeeds(35_000), ...operatorSeeds(3)];
    const summary = await engineCampaign(seeds, count, first);
    process.stdout.write(`${describeEngineSummary(summary)}\n`);
    const faults = [...summary.crashes, ...summary.wrong].slice(0, 40);
    expect(faults.map((fault) => `${fault.case}: ${fault.error}`).join("\n\n")).toBe("");
  },
);
