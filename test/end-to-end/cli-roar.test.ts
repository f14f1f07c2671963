import { writeFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeNpy } from "../../src/tensor/npy.js";
import { float32, int64 } from "../../src/tensor/tensor.js";
import { gatherBatch, subset, type Dataset } from "../../src/train/data/dataset.js";
import { digits } from "../support/digits.js";
import { filesIn, fixture, fullgrad, readJson, temporaryFolder } from "./cli-harness.js";

/** Some of the digits as numpy arrays. */
async function arrays(folder: string, count: number): Promise<void> {
  const write = async (part: "train" | "test", data: Dataset): Promise<void> => {
    const some = subset(
      data,
      Array.from({ length: count }, (_, i) => i),
    );
    const { images, labels } = await gatherBatch(
      some,
      Array.from({ length: count }, (_, i) => i),
    );
    writeFileSync(join(folder, `${part}.images.npy`), encodeNpy(images));
    writeFileSync(
      join(folder, `${part}.labels.npy`),
      encodeNpy(int64(Array.from(labels.data as BigInt64Array, Number))),
    );
  };
  await write("train", digits.train);
  await write("test", digits.test);
}

const settings = [
  "--fractions",
  "0.3,0.9",
  "--seeds",
  "2",
  "--epochs",
  "1",
  "--batch",
  "16",
  "--threads",
  "1",
];

describe("fullgrad evaluate roar", () => {
  it("trains a network for each method, fraction and seed, and reports", async () => {
    const [data, out] = [temporaryFolder(), temporaryFolder()];
    await arrays(data, 32);
    const argv = ["evaluate", "roar", "small-cnn", data, "-o", out, ...settings];
    const { code, stdout, stderr } = await fullgrad(...argv, "--json");
    expect([code, stderr]).toEqual([0, ""]);
    const { runs } = JSON.parse(stdout) as { runs: readonly unknown[] };
    // Two networks on whole images; FullGrad and four baselines, two fractions, two seeds.
    expect(runs.length).toBe(2 + 5 * 2 * 2);
    expect(filesIn(out)).toEqual([
      "base.onnx",
      "base.preprocess.json",
      "checkpoints",
      "roar.accuracy.png",
      "roar.accuracy.svg",
      "roar.accuracy.vl.json",
      "roar.csv",
      "roar.html",
      "roar.json",
      "roar.runs.jsonl",
      "roar.summary.csv",
    ]);
    const lines = readFileSync(join(out, "roar.csv"), "utf8").trim().split("\r\n");
    expect(lines.length).toBe(1 + 5 * 2 * 3);
    expect((readJson(join(out, "roar.json"))["settings"] as { epochs: number }).epochs).toBe(1);

    // Some networks are deleted from the journal, one in the middle of its line: their results are reproduced.
    const journal = join(out, "roar.runs.jsonl");
    const text = readFileSync(journal, "utf8");
    writeFileSync(journal, text.slice(0, Math.floor(text.length * 0.7)));
    rmSync(join(out, "roar.csv"));
    expect((await fullgrad(...argv, "--quiet")).code).toBe(0);
    expect(readFileSync(join(out, "roar.csv"), "utf8").trim().split("\r\n")).toEqual(lines);
  });

  it("adds modes to an old run, and writes the network that is explained with its preprocessing", async () => {
    const [data, out] = [temporaryFolder(), temporaryFolder()];
    await arrays(data, 16);
    const few = ["--fractions", "0.5", "--seeds", "1", "--epochs", "1", "--threads", "1"];
    const argv = ["evaluate", "roar", "small-resnet", data, "-o", out, ...few, "--augment"];
    expect((await fullgrad(...argv, "--quiet")).code).toBe(0);
    const journal = join(out, "roar.runs.jsonl");
    const before = readFileSync(journal, "utf8");
    const modes = [...argv, "--mode", "roar,kar,mask", "--json"];
    const { code, stdout } = await fullgrad(...modes);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { runs: readonly unknown[] }).runs.length).toBe(1 + 3 * 5);
    expect(readFileSync(journal, "utf8").startsWith(before)).toBe(true);
    for (const name of ["accuracy", "kept-accuracy", "mask-accuracy"])
      expect(filesIn(out)).toContain(`roar.${name}.svg`);

    const image = join(data, "image.npy");
    writeFileSync(image, encodeNpy((await gatherBatch(digits.test, [0])).images));
    const road = ["evaluate", "road", join(out, "base.onnx"), image, "-o", temporaryFolder()];
    expect((await fullgrad(...road, "--quiet")).code).toBe(0);
  });

  it("names an unknown mode", async () => {
    const argv = ["evaluate", "roar", "small-cnn", ".", "-o", "x", "--mode", "roar,keep"];
    const { code, stderr } = await fullgrad(...argv);
    expect(code).toBe(2);
    expect(stderr).toContain("keep");
  });

  it("trains the architecture of a file", async () => {
    const [data, out] = [temporaryFolder(), temporaryFolder()];
    const pictures = Float32Array.from({ length: 16 * 3 * 144 }, (_, i) => Math.sin(i));
    for (const part of ["train", "test"]) {
      const images = encodeNpy(float32([16, 3, 12, 12], pictures));
      writeFileSync(join(data, `${part}.images.npy`), images);
      const labels = int64(Array.from({ length: 16 }, (_, i) => i % 5));
      writeFileSync(join(data, `${part}.labels.npy`), encodeNpy(labels));
    }
    const plain = fixture("train", "plain.dynamo.onnx");
    const few = ["--fractions", "0.5", "--seeds", "1", "--epochs", "1", "--threads", "1", "--json"];
    const { code, stdout } = await fullgrad("evaluate", "roar", plain, data, "-o", out, ...few);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { runs: readonly unknown[] }).runs.length).toBe(1 + 5);
  });

  it("names the image shape of a file's network", async () => {
    const [data, out] = [temporaryFolder(), temporaryFolder()];
    await arrays(data, 8);
    const plain = fixture("train", "plain.legacy.onnx");
    const { code, stderr } = await fullgrad("evaluate", "roar", plain, data, "-o", out);
    expect(code).toBe(2);
    expect(stderr).toContain("takes [batch,3,12,12], and the images are [1,8,8]");
  });
});
