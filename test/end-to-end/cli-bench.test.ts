import { describe, expect, it } from "vitest";
import { fullgrad, tinyRelu } from "./cli-harness.js";

interface Cost {
  readonly name: string;
  readonly cold: { readonly seconds: number; readonly cpuSeconds: number };
  readonly warm: { readonly seconds: number; readonly cpuSeconds: number };
  readonly medianSeconds: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
  readonly passes: number;
}

const flags = ["--threads", "1", "--runs", "4"];

describe("fullgrad bench", () => {
  it("measures forward pass, gradient and FullGrad map, cold and warm", async () => {
    const { code, stdout } = await fullgrad("bench", tinyRelu, ...flags, "--json");
    expect(code).toBe(0);
    const { costs, input, runs } = JSON.parse(stdout) as {
      costs: readonly Cost[];
      input: readonly number[];
      runs: number;
    };
    expect([input, runs]).toEqual([[1, 3, 8, 8], 4]);
    expect(costs.map(({ name }) => name)).toEqual(["forward", "gradient", "fullgrad"]);
    for (const { cold, warm, medianSeconds, residentBytes, peakBytes } of costs) {
      // A first run makes a graph, writes it, and has it compiled; one of this network takes microseconds.
      expect(cold.seconds).toBeGreaterThan(warm.seconds);
      expect(medianSeconds).toBeGreaterThanOrEqual(warm.seconds);
      expect(warm.cpuSeconds).toBeGreaterThan(0);
      // Node alone holds more than 30 MB.
      expect(residentBytes).toBeGreaterThan(3e7);
      expect(peakBytes).toBeGreaterThanOrEqual(costs[0]!.peakBytes);
    }
    const [forward, , map] = costs;
    expect(forward!.passes).toBe(1);
    expect(map!.passes).toBeCloseTo(map!.warm.seconds / forward!.warm.seconds, 6);
  });

  it("has a row for each chosen method, whose cost grows with its passes", async () => {
    const chosen = ["--methods", "rise,smoothgrad", "--set", "rise.masks=300"];
    const { code, stdout } = await fullgrad("bench", tinyRelu, ...flags, ...chosen);
    expect(code).toBe(0);
    const rows = stdout.trim().split("\n").slice(-3);
    expect(rows.map((row) => row.split(" ")[0])).toEqual(["forward", "rise", "smoothgrad"]);
    const passes = Number(rows[1]!.trim().split(/\s+/).at(-2));
    expect(passes).toBeGreaterThan(20);
  });

  it("names a method that does not exist, and a model that is not there", async () => {
    const { code, stderr } = await fullgrad("bench", tinyRelu, "--methods", "gradcam");
    expect([code, stderr]).toEqual([2, expect.stringContaining("grad-cam")]);
    expect((await fullgrad("bench", "nowhere.onnx")).code).toBe(1);
  });
});
