import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { writeOnnxFile } from "../../converters/onnx/write-onnx-file.js";
import { sliceBatch } from "../../src/tensor/batches.js";
import { decodeModel } from "../../src/onnx/file/decode.js";
import { externalDataFiles } from "../../src/onnx/file/external-data-file.js";
import { importModel } from "../../src/onnx/import/import.js";
import type { ModelProto } from "../../src/onnx/file/schema.js";
import { decodeNpy, encodeNpy } from "../../src/tensor/npy.js";
import { fromNumbers } from "../../src/tensor/tensor.js";
import { relativeMaximum } from "../support/compare.js";
import { numbersIn } from "../support/converted.js";
import { runModel } from "../support/run-model.js";
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
import { twoClasses, writeModelFile } from "./cli-models.js";

const read = (path: string): ModelProto => decodeModel(readFileSync(path));

function dictionary(entries: ModelProto["metadataProps"] = []): Record<string, string> {
  return Object.fromEntries(entries.map(({ key, value }) => [key ?? "", value ?? ""]));
}

function metadataOf(path: string): Record<string, string> {
  return dictionary(read(path).metadataProps);
}

/** Converts the tiny network and returns the path of the file, or the exit code and the message. */
async function convertTiny(...flags: string[]): Promise<string> {
  const out = join(temporaryFolder(), "out.onnx");
  const { code, stderr } = await fullgrad("convert", tinyRelu, "--to", "onnx", "-o", out, ...flags);
  expect([code, stderr]).toEqual([0, ""]);
  return out;
}

describe("convert --to onnx", () => {
  test("stores a mask in the file: the score is the mean of the model's output over it", async () => {
    const folder = temporaryFolder();
    const [mask, out] = [join(folder, "mask.npy"), join(folder, "out.onnx")];
    const weights = Array.from({ length: 320 }, (_, i) => (i % 5 === 0 ? 1 : 0));
    writeFileSync(mask, encodeNpy(fromNumbers("bool", [16, 20], weights)));
    const target = `mask:${mask}@2`;
    const model = fixture("forms", "segmentation.legacy.onnx");
    const { code } = await fullgrad(
      "convert",
      model,
      "--to",
      "onnx",
      "-o",
      out,
      "--target",
      target,
    );
    expect(code).toBe(0);
    expect(metadataOf(out)["fullgrad.target"]).toBe(target);
    const x = sliceBatch(
      decodeNpy(readFileSync(fixture("forms", "segmentation", "input.npy"))),
      [0],
    );
    const input = read(out).graph!.input![0]!.name!;
    const results = await runModel(readFileSync(out), new Map([[input, x]]));
    const scores = numbersIn(results, "scores").slice(2 * 320, 3 * 320);
    const inside = scores.filter((_, i) => weights[i] === 1);
    const mean = inside.reduce((sum, v) => sum + v, 0) / inside.length;
    expect(numbersIn(results, "completeness")[0]).toBeCloseTo(mean, 5);
  });

  test("of EfficientNet-lite0 gives explain's map, class and score, in a file hardly larger", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "deep", "cat.fullgrad.onnx");
    const run = await fullgrad("convert", efficientNet, "--to", "onnx", "-o", out, "--json");
    expect(run.code).toBe(0);
    const report = JSON.parse(run.stdout) as Record<string, unknown>;
    expect(report).toMatchObject({ files: [out], bytes: statSync(out).size, opset: 18, ir: 8 });
    expect(statSync(out).size / statSync(efficientNet).size).toBeLessThan(1.1);
    expect(filesIn(join(folder, "deep"))).toEqual(["cat.fullgrad.onnx"]);

    const input = fixture("efficientnet-lite0", "chelsea.input.npy");
    const explained = await fullgrad("explain", efficientNet, input, "-o", folder, "--quiet");
    expect(explained.code).toBe(0);
    const manifest = readJson(join(folder, "chelsea.input.json"));
    const x = decodeNpy(readFileSync(input));
    const results = await runModel(readFileSync(out), new Map([["input", x]]));
    const map = decodeNpy(readFileSync(join(folder, "chelsea.input.map.npy")));
    expect(relativeMaximum(results.get("saliency")!, map)).toBeLessThan(1e-5);
    expect(numbersIn(results, "target")).toEqual([manifest["target"]]);
    const [score, sum, rest] = numbersIn(results, "completeness");
    expect(score).toBeCloseTo(Number(manifest["score"]), 4);
    expect([sum! + rest!, rest]).toEqual([expect.closeTo(score!, 4), expect.closeTo(0, 3)]);
  });

  test("records the method and origin in the file", async () => {
    const flags = ["--target", "2", "--convention", "paper2019", "--with", "terms,input-gradient"];
    const out = await convertTiny(...flags, "--preprocess", "none");
    const proto = read(out);
    expect(proto.producerName).toBe("fullgrad");
    expect(proto.producerVersion).toMatch(/^\d+\.\d+\.\d+$/);
    const metadata = metadataOf(out);
    expect(metadata).toMatchObject({
      "fullgrad.method": "fullgrad",
      "fullgrad.settings": '{"convention":"paper2019","implicit":"all"}',
      "fullgrad.target": "2",
      "fullgrad.explained_output": "logits",
      "fullgrad.explained_input": "input",
      "fullgrad.inputs": '["image"]',
      "fullgrad.source": "tiny-relu.legacy.onnx",
      "fullgrad.source_sha256": createHash("sha256").update(readFileSync(tinyRelu)).digest("hex"),
    });
    expect(JSON.parse(metadata["fullgrad.preprocessing"]!)).toMatchObject({ rescale: 1 / 255 });
    const outputs = proto.graph!.output!;
    expect(outputs.map((o) => o.name)).toEqual([
      ...["saliency", "logits", "target", "completeness", "terms", "input_gradient"],
    ]);
    expect(outputs.every((o) => o.docString !== "")).toBe(true);
    const terms = JSON.parse(metadata["fullgrad.terms"]!) as string[];
    const last = outputs[4]!.type!.tensorType!.shape!.dim!.at(-1);
    expect(terms.length).toBe(Number(last!.dimValue));
  });

  test("accepts a label as target", async () => {
    const labels = join(temporaryFolder(), "labels.txt");
    writeFileSync(labels, "cat\ndog\nfox\nowl\nbee\n");
    const out = await convertTiny("--target", "fox", "--labels", labels);
    expect(metadataOf(out)["fullgrad.target"]).toBe("2");
  });

  test("accepts a size for a model that leaves it open", async () => {
    const folder = temporaryFolder();
    const model = writeModelFile(folder, twoClasses({ size: ["height", "width"] }));
    const out = join(folder, "out.onnx");
    for (const [flags, size] of [
      [
        ["--size", "10x12"],
        [10, 12],
      ],
      [
        ["--preprocess", "imagenet"],
        [224, 224],
      ],
      [[], [224, 224]],
    ] as const) {
      const run = await fullgrad("convert", model, "--to", "onnx", "-o", out, ...flags);
      expect(run.code).toBe(0);
      const [saliency] = read(out).graph!.output!;
      const dims = saliency!.type!.tensorType!.shape!.dim!.slice(2).map((d) => Number(d.dimValue));
      expect(dims).toEqual(size);
    }
  });
});

describe("weights beyond one file's limit", () => {
  test("go to a file beside the model, which ONNX Runtime and this project read", async () => {
    const folder = temporaryFolder();
    const inline = await convertTiny();
    const path = join(folder, "split.onnx");
    const written = await writeOnnxFile(path, read(inline), { maxInlineBytes: 2000 });
    expect(written).toEqual([path, `${path}.data`]);
    expect(filesIn(folder)).toEqual(["split.onnx", "split.onnx.data"]);
    const external = read(path).graph!.initializer!.filter((t) => t.dataLocation === 1);
    expect(external.length).toBeGreaterThan(0);
    for (const { externalData } of external) {
      const entries = dictionary(externalData);
      expect(entries["location"]).toBe("split.onnx.data");
      expect(Number(entries["offset"]) % 4096).toBe(0);
    }
    const x = decodeNpy(readFileSync(tinyInput));
    const feeds = new Map([["input", x]]);
    const wanted = await runModel(readFileSync(inline), feeds);
    const session = await ort.InferenceSession.create(path);
    const results = await session.run({
      input: new ort.Tensor("float32", x.data as Float32Array, x.dims),
    });
    expect(results["saliency"]!.data).toEqual(wanted.get("saliency")!.data);
    const [ours, own] = await Promise.all([
      importModel(read(path), externalDataFiles(path)),
      importModel(read(inline)),
    ]);
    expect(ours.constants).toEqual(own.constants);
  });

  test("replace an older file atomically, and leave no file behind on failure", async () => {
    const folder = temporaryFolder();
    const model = read(await convertTiny());
    const path = join(folder, "split.onnx");
    await writeOnnxFile(path, model);
    await writeOnnxFile(path, model, { maxInlineBytes: 2000 });
    expect(filesIn(folder)).toEqual(["split.onnx", "split.onnx.data"]);
    const x = sliceBatch(decodeNpy(readFileSync(tinyInput)), [0]);
    const session = await ort.InferenceSession.create(path);
    const data = x.data as Float32Array;
    const results = await session.run({ input: new ort.Tensor("float32", data, x.dims) });
    expect(results["saliency"]!.dims).toEqual([1, 1, 8, 8]);

    const blocked = join(folder, "blocked.onnx");
    mkdirSync(`${blocked}.data`);
    await expect(writeOnnxFile(blocked, model, { maxInlineBytes: 2000 })).rejects.toThrow(
      /is a folder/,
    );
    expect(filesIn(folder)).not.toContain("blocked.onnx");
  });

  test("are not kept where the check refuses them, and an older file stays", async () => {
    const folder = temporaryFolder();
    const model = read(await convertTiny());
    const path = join(folder, "split.onnx");
    writeFileSync(path, "older");
    const check = (written: string) => {
      expect(existsSync(written)).toBe(true);
      return Promise.reject(new Error("refused"));
    };
    for (const maxInlineBytes of [2000, 2 ** 30]) {
      await expect(writeOnnxFile(path, model, { maxInlineBytes, check })).rejects.toThrow(
        "refused",
      );
    }
    expect(filesIn(folder)).toEqual(["split.onnx"]);
    expect(readFileSync(path, "utf8")).toBe("older");
  });
});

describe("convert refuses", () => {
  async function refused(...argv: string[]): Promise<[number, string]> {
    const out = join(temporaryFolder(), "out.onnx");
    const all = argv.includes("-o") ? argv : [...argv, "-o", out];
    const { code, stderr } = await fullgrad("convert", ...all);
    expect(filesIn(join(out, ".."))).toEqual([]);
    return [code, stderr];
  }

  test.each([
    [["--to", "coreml"], /allowed choices are onnx/i],
    [[], /--to/],
    [["--to", "onnx", "--target", "top5"], /top5: a file explains one target at a time/],
    [["--to", "onnx", "--target", "99"], /--target 99: this class does not exist/],
    [["--to", "onnx", "--target", "unheard of"], /unheard of/],
    [["--to", "onnx", "--output-format", "overlay"], /include the preprocessing.*--preprocess/s],
    [["--to", "onnx", "--preprocess", "nowhere.json"], /--preprocess nowhere.json/],
    [
      ["--to", "onnx", "--with", "gradcam"],
      /unknown output "gradcam" .*; the outputs are input-gradient/,
    ],
    [["--to", "onnx", "--with", "term:nothing"], /no bias-bearing node "nothing"; the nodes are "/],
    [["--to", "onnx", "--output", "nothing"], /no output "nothing"/],
    [["--to", "onnx", "--size", "9x9"], /fixed at 8x8/],
  ] as const)("%j", async (flags, message) => {
    const [code, stderr] = await refused(tinyRelu, ...flags);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test("to overwrite its source, under any name, or a folder", async () => {
    const folder = temporaryFolder();
    const model = join(folder, "model.onnx");
    copyFileSync(tinyRelu, model);
    symlinkSync(model, join(folder, "link.onnx"));
    const before = readFileSync(model);
    for (const out of [model, join(folder, "link.onnx"), join(folder, ".", "model.onnx")]) {
      const [code, stderr] = await refused(model, "--to", "onnx", "-o", out);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/is the source itself/)]);
    }
    const [code, stderr] = await refused(model, "--to", "onnx", "-o", folder);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/is a folder/)]);
    expect(readFileSync(model)).toEqual(before);
  });

  test("to overwrite the weights of its source", async () => {
    const folder = temporaryFolder();
    for (const end of ["onnx", "onnx.data"]) {
      const name = `external-data.dynamo.${end}`;
      copyFileSync(fixture("forms", name), join(folder, name));
    }
    const model = join(folder, "external-data.dynamo.onnx");
    const [code, stderr] = await refused(model, "--to", "onnx", "-o", `${model}.data`);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/is the source itself/)]);
  });

  test("picture preprocessing for an input that is not a picture", async () => {
    const folder = temporaryFolder();
    const model = writeModelFile(folder, twoClasses({ channels: 5 }));
    const out = join(folder, "out.onnx");
    const flags = ["--to", "onnx", "-o", out, "--preprocess", "imagenet"];
    const { code, stderr } = await fullgrad("convert", model, ...flags);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/does not fit a picture/)]);
    expect(filesIn(folder)).toEqual(["model.onnx"]);
  });
});
