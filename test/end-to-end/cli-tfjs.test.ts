import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeNpy } from "../../src/tensor/npy.js";
import { relativeL2 } from "../support/compare.js";
import {
  efficientNet,
  filesIn,
  fixture,
  fullgrad,
  readJson,
  temporaryFolder,
  tinyInput,
  tinyRelu,
} from "./cli-harness.js";

interface Verification {
  readonly complete: boolean;
  readonly samples: readonly { readonly output: number; readonly terms: { value: number }[] }[];
}

describe("fullgrad --backend tfjs", () => {
  test.each(["wasm", "cpu"])("has PyTorch's sums on %s, without notes", async (provider) => {
    const { code, stdout, stderr } = await fullgrad(
      ...["verify", tinyRelu, "--input", tinyInput, "--json", "--quiet"],
      ...["--backend", "tfjs", "--provider", provider],
    );
    expect([code, stderr]).toEqual([0, ""]);
    const golden = readJson(fixture("networks", "tiny-relu", "golden.json")) as unknown as {
      output: number[];
      units: { sum: number[] }[];
    };
    const { samples } = JSON.parse(stdout) as Verification;
    expect(samples).toHaveLength(2);
    for (const [n, { output, terms }] of samples.entries()) {
      expect(output).toBeCloseTo(golden.output[n]!, 5);
      expect(terms).toHaveLength(golden.units.length);
      terms.forEach(({ value }, i) => {
        expect(value).toBeCloseTo(golden.units[i]!.sum[n]!, 5);
      });
    }
  });

  test("has ONNX Runtime's map", async () => {
    const maps = [];
    for (const backend of ["ort", "tfjs"]) {
      const out = temporaryFolder();
      const image = fixture("images", "chelsea.png");
      const { code } = await fullgrad(
        ...["explain", efficientNet, image, "-o", out, "--backend", backend],
      );
      expect(code).toBe(0);
      const provider = backend === "ort" ? "cpu" : "wasm";
      const manifest = readJson(join(out, "chelsea.json"));
      expect(manifest).toMatchObject({ target: 282, settings: { backend, provider } });
      maps.push(decodeNpy(readFileSync(join(out, "chelsea.map.npy"))));
    }
    expect(relativeL2(maps[1]!, maps[0]!)).toBeLessThan(1e-3);
  });

  test("says how to install a missing package", async () => {
    const out = join(temporaryFolder(), "out");
    const { code, stdout, stderr } = await fullgrad(
      ...["explain", tinyRelu, tinyInput, "-o", out, "--backend", "tfjs", "--provider", "node-gpu"],
    );
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /--provider node-gpu: .* not installed: npm install @tensorflow\/tfjs-node-gpu; wasm works everywhere\n$/,
    );
    expect(filesIn(join(out, ".."))).toEqual([]);
  });
});
