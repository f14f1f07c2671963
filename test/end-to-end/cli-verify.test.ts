import { describe, expect, test } from "vitest";
import {
  efficientNet,
  fixture,
  fullgrad,
  readJson,
  temporaryFolder,
  tinyInput,
  tinyRelu,
} from "./cli-harness.js";
import { twoClasses, writeModelFile } from "./cli-models.js";

interface Verification {
  readonly complete: boolean;
  readonly samples: readonly {
    readonly sample: string;
    readonly target: number;
    readonly output: number;
    readonly inputTerm: number;
    readonly biasTerm: number;
    readonly sum: number;
    readonly conditioned: number;
    readonly terms: readonly { readonly node: string; readonly value: number }[];
  }[];
}

async function verifyJson(...argv: string[]): Promise<{ code: number; document: Verification }> {
  const { code, stdout } = await fullgrad("verify", ...argv, "--json");
  return { code, document: JSON.parse(stdout) as Verification };
}

describe("fullgrad verify", () => {
  test("has PyTorch's sums for PyTorch's input", async () => {
    const golden = readJson(fixture("networks", "tiny-relu", "golden.json")) as unknown as {
      target: number[];
      output: number[];
      inputTerm: number[];
      units: { sum: number[] }[];
    };
    const { code, document } = await verifyJson(tinyRelu, "--input", tinyInput);
    expect([code, document.complete]).toEqual([0, true]);
    expect(document.samples).toHaveLength(2);
    for (const [n, sample] of document.samples.entries()) {
      expect(sample.target).toBe(golden.target[n]);
      expect(sample.output).toBeCloseTo(golden.output[n]!, 5);
      expect(sample.inputTerm).toBeCloseTo(golden.inputTerm[n]!, 5);
      const sums = golden.units.map((unit) => unit.sum[n]!);
      sample.terms.forEach(({ value }, i) => {
        expect(value).toBeCloseTo(sums[i]!, 5);
      });
      expect(sample.terms).toHaveLength(sums.length);
      expect(sample.inputTerm + sample.biasTerm).toBeCloseTo(sample.sum, 10);
      expect(sample.conditioned).toBeLessThan(1e-5);
    }
  });

  test("draws its own samples, reproducibly by seed", async () => {
    const model = fixture("networks", "tiny-silu.dynamo.onnx");
    const outputs = async (...flags: string[]) =>
      (await verifyJson(model, ...flags)).document.samples.map((s) => s.output);
    const first = await outputs();
    expect(first).toHaveLength(4);
    expect(await outputs("--seed", "0", "--batch", "3")).toEqual(first);
    const other = await outputs("--seed", "1", "--samples", "2");
    expect(other).toHaveLength(2);
    expect(other[0]).not.toBe(first[0]);
  });

  test("accepts an image and its top five classes", async () => {
    const image = fixture("images", "coffee.png");
    const { code, document } = await verifyJson(
      ...[efficientNet, "--input", image, "--target", "top5"],
    );
    expect(code).toBe(0);
    expect(document.samples.map((s) => s.target)).toEqual([967, 968, 925, 960, 504]);
  });

  test("prints readable tables", async () => {
    const { code, stdout } = await fullgrad("verify", tinyRelu);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sample +class +output +input term/m);
    expect(stdout).toMatch(/^random 3 /m);
    expect(stdout).toMatch(/Largest terms of random \d/);
    expect(stdout).toMatch(/\/Gemm +Gemm +input +no$/m);
    expect(stdout).toContain("Complete: every sample adds up");
  });

  test("exits with 4 and names the worst nodes if values are not finite", async () => {
    const path = writeModelFile(temporaryFolder(), twoClasses({ bias: [NaN, NaN] }));
    const { code, stdout, stderr } = await fullgrad("verify", path);
    expect(code).toBe(4);
    expect(stdout).toContain("NOT complete: 4 of 4 samples do not add up");
    expect(stderr).toMatch(/4 of 4 samples do not add up/);
    expect(stderr).toMatch(/random 0: the score is NaN; the largest terms are Conv "conv" \(NaN\)/);
    const json = await verifyJson(path);
    expect([json.code, json.document.complete]).toEqual([4, false]);
  });

  test("--gradient compares directions with central differences of the file", async () => {
    const argv = [tinyRelu, "--input", tinyInput, "--gradient", "4", "--bisect"];
    const { code, stdout } = await fullgrad("verify", ...argv, "--json");
    const { gradientAgrees, samples, jacobians } = JSON.parse(stdout) as {
      gradientAgrees: boolean;
      jacobians?: unknown;
      samples: { gradient: { reference: string; directions: unknown[]; disagree: number } }[];
    };
    expect([code, gradientAgrees, jacobians]).toEqual([0, true, undefined]);
    expect(samples.map(({ gradient }) => gradient.directions.length)).toEqual([4, 4]);
    expect(samples[0]!.gradient).toMatchObject({
      reference: "the model's file on ort",
      disagree: 0,
    });
    const text = await fullgrad("verify", tinyRelu, "--samples", "1", "--gradient");
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/\d of 8 directions agree, 0 disagree/);
  });

  test("--gradient takes a whole number of directions", async () => {
    const { code, stderr } = await fullgrad("verify", tinyRelu, "--gradient", "none");
    expect(code).toBe(2);
    expect(stderr).toContain("--gradient");
  });
});
