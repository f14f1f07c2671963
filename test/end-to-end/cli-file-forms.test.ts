import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/image/codec.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import { explain, file, golden, refused } from "./cli-forms.js";
import { filesIn, fullgrad, readJson, temporaryFolder } from "./cli-harness.js";

describe("other forms", () => {
  test("--output logits explains the input of the last Softmax", async () => {
    const { results } = await explain("softmax-head", "--output", "logits");
    const at = golden("softmax-head", "logits.npy");
    results.forEach(({ target, score }, n) => {
      expect(score).toBeCloseTo(at(n * 5 + Number(target)), 5);
    });
    const [code, message] = await refused("inspect", file("regression"), "--output", "logits");
    expect(code).toBe(2);
    expect(message).toMatch(
      /no output "logits"; .*the first one is not the output of a Softmax or Sigmoid/,
    );
  });

  test("half precision is fed and explained as float32", async () => {
    const { results } = await explain("half");
    const at = golden("half", "logits.npy");
    results.forEach(({ target, score }, n) => {
      expect(score).toBeCloseTo(at(n * 5 + Number(target)), 5);
    });
  });

  test("a signal and a volume have maps over their own axes, and pictures of them", async () => {
    for (const [form, dims] of [
      ["one-dimension", [40]],
      ["three-dimensions", [6, 8, 10]],
    ] as const) {
      const { files } = (await explain(form)).results[0]!;
      expect(decodeNpy(readFileSync(files.map)).dims).toEqual(dims);
      for (const path of [files.heatmap!, files.overlay!]) {
        const { width, height } = await decodeImage(readFileSync(path), path);
        expect(Math.min(width, height)).toBeGreaterThan(100);
      }
    }
  });

  test("inspect names the assumed size if the model leaves it open", async () => {
    const { stdout } = await fullgrad("inspect", file("any-size"));
    expect(stdout).toMatch(
      /^size +224x224, assumed because the model leaves it open \(--size HxW\)$/m,
    );
    const asked = await fullgrad("inspect", file("any-size"), "--size", "40x48");
    expect(asked.stdout).not.toContain("assumed");
    expect(asked.stdout).toContain("[batch,8,20,24]");
  });

  test("terms outside the map are counted and named", async () => {
    const { results } = await explain("vit");
    const { leftOut, files } = results[0]!;
    expect(leftOut.count).toBeGreaterThan(0);
    expect(leftOut.share).toBeGreaterThan(0);
    const manifest = readJson(files.manifest) as {
      leftOut: { count: number; share: number; terms: { op: string; share: number }[] };
    };
    const { terms } = manifest.leftOut;
    expect(terms).toHaveLength(leftOut.count);
    expect(terms.map((t) => t.op)).toContain("Gemm");
    expect(terms.reduce((sum, t) => sum + t.share, 0)).toBeCloseTo(leftOut.share, 6);
  });
});

describe("weights in another file", () => {
  test("are found beside the model, and reported if missing", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "model.onnx"), readFileSync(file("external-data")));
    const [code, message] = await refused("inspect", join(folder, "model.onnx"));
    expect(code).toBe(1);
    expect(message).toMatch(/external-data\.legacy\.onnx\.data" is missing/);
    expect(filesIn(folder)).toEqual(["model.onnx"]);
    const { results } = await explain("external-data");
    expect(results).toHaveLength(2);
  });
});
