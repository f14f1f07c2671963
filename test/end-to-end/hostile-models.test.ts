import { describe, expect, it } from "vitest";
import { FullgradError } from "../../src/errors.js";
import { decodeModel } from "../../src/onnx/file/decode.js";
import { longestSeconds, peak, processorTime } from "../suites/hostile/campaign.js";
import { claims, type Hostile } from "../suites/hostile/claims.js";
import { explain } from "../suites/hostile/face.js";
import { structures } from "../suites/hostile/structures.js";

async function errorOf(make: Hostile[1]): Promise<unknown> {
  try {
    const model = make();
    await explain(model instanceof Uint8Array ? decodeModel(model) : model);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each([
  ["claims much", claims],
  ["has a hostile structure", structures],
] as const)("a file that %s", (_, models) => {
  it.each(models)("is answered in time and in words: %s", async (_statement, make, answer) => {
    const [memory, start] = [peak(), processorTime()];
    const error = await errorOf(make);
    if (answer === "explained") {
      expect(error).toBeUndefined();
    } else {
      expect(error).toBeInstanceOf(FullgradError);
      expect(String(error)).toMatch(answer);
      expect(String(error).length).toBeLessThan(100_000);
    }
    expect(processorTime() - start).toBeLessThan(1000 * longestSeconds);
    expect(peak() - memory).toBeLessThan(1024);
  });
});
