import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeNpy } from "../../src/tensor/npy.js";
import { float32, fromNumbers } from "../../src/tensor/tensor.js";
import { model as modelOf, node, floats, smallModel } from "../unit/onnx/small-models.js";
import {
  efficientNet,
  filesIn,
  fixture,
  fullgrad,
  temporaryFolder,
  tinyInput,
  tinyRelu,
} from "./cli-harness.js";
import { twoClasses, writeModelFile } from "./cli-models.js";

const picture = fixture("images", "rgb.png");

/** Runs explain into a folder that must not be created, and returns code and message. */
async function explainInVain(
  model: string,
  input: string,
  ...flags: string[]
): Promise<[code: number, message: string]> {
  const out = join(temporaryFolder(), "out");
  const { code, stdout, stderr } = await fullgrad("explain", model, input, "-o", out, ...flags);
  expect(stdout).toBe("");
  expect(filesIn(join(out, ".."))).toEqual([]);
  return [code, stderr];
}

describe("models", () => {
  test("that are not models", async () => {
    const path = join(temporaryFolder(), "notes.onnx");
    writeFileSync(path, "this is a shopping list: eggs, flour, milk");
    const [code, message] = await explainInVain(path, picture);
    expect(code).toBe(1);
    expect(message).toMatch(/^fullgrad: \S+notes\.onnx: not an ONNX model/m);
  });

  test("that are pictures", async () => {
    const [code, message] = await explainInVain(picture, picture);
    expect(code).toBe(1);
    expect(message).toMatch(/not an ONNX model: the file is a PNG image/);
  });

  test("that are folders, with the models in them", async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, "a.onnx"), "");
    const [code, message] = await explainInVain(path, picture);
    expect(code).toBe(2);
    expect(message).toBe(`fullgrad: ${path} is a folder; pass an .onnx file in it: a.onnx\n`);
  });

  test("that are TensorFlow.js models", async () => {
    const path = join(temporaryFolder(), "model.json");
    writeFileSync(path, '{"format": "graph-model", "modelTopology": {}}');
    const [code, message] = await explainInVain(path, picture);
    expect(code).toBe(1);
    expect(message).toMatch(/TensorFlow\.js model \(model\.json\); pass the \.onnx file/);
  });

  test("that do not exist", async () => {
    const [code, message] = await explainInVain("nowhere/model.onnx", picture);
    expect(code).toBe(1);
    expect(message).toBe("fullgrad: nowhere/model.onnx: there is no such file\n");
  });

  test.each([0.1, 0.5, 0.9, 0.999])("that are truncated to %d of their bytes", async (part) => {
    const bytes = readFileSync(tinyRelu);
    const path = join(temporaryFolder(), "cut.onnx");
    writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * part)));
    const [code, message] = await explainInVain(path, tinyInput);
    expect(code).toBe(1);
    expect(message).toMatch(/^fullgrad: \S+cut\.onnx: .*(truncated|cut off|ends|damaged)/m);
  });

  test("whose weights are missing", async () => {
    const weight = {
      ...{ name: "w", dataType: 1, dims: BigInt64Array.of(2n, 1n, 3n, 3n), dataLocation: 1 },
      externalData: [{ key: "location", value: "model.onnx.data" }],
    };
    const proto = modelOf({
      node: [node("Conv", ["x", "w"], ["y"], { name: "conv" })],
      initializer: [weight],
      input: [floats("x", "N", 1, 8, 8)],
      output: [floats("y", "N", 2, 6, 6)],
    });
    const [code, message] = await explainInVain(writeModelFile(temporaryFolder(), proto), picture);
    expect(code).toBe(1);
    expect(message).toMatch(/"w".*model\.onnx\.data" is missing; keep it in the model's folder/);
  });

  test("whose output is not a row of classes", async () => {
    const path = writeModelFile(temporaryFolder(), smallModel);
    const [code, message] = await explainInVain(path, picture);
    expect(code).toBe(2);
    expect(message).toMatch(/--target top: output "y" is \[N,1,8,8\], .* no class scores \[N,K\]/);
    expect(message).toMatch(/class@x,y, class@x0,y0,x1,y1, class@ or i,j,k would work/);
    expect(message).toMatch(/these outputs: "y" \[N,1,8,8\]/);
    expect((await fullgrad("inspect", path)).code).toBe(0);
  });
});

describe("inputs", () => {
  test("that are not pictures", async () => {
    const [code, message] = await explainInVain(efficientNet, fixture("images", "README.md"));
    expect(code).toBe(1);
    expect(message).toMatch(
      /1 of 1 inputs failed\n {2}\S+README\.md is not in a supported picture format/,
    );
  });

  test("that are truncated pictures", async () => {
    const path = join(temporaryFolder(), "half.png");
    const bytes = readFileSync(fixture("images", "chelsea.png"));
    writeFileSync(path, bytes.subarray(0, bytes.length / 2));
    const [code, message] = await explainInVain(efficientNet, path);
    expect(code).toBe(1);
    expect(message).toMatch(
      /half\.png cannot be decoded: its data are truncated or damaged after .* rows/,
    );
  });

  test("that are pictures larger than --max-pixels", async () => {
    const photograph = fixture("images", "chelsea.png");
    for (const command of ["explain", "compare"]) {
      const out = join(temporaryFolder(), command === "compare" ? "out.png" : "out");
      const run = [command, efficientNet, photograph, "-o", out, "--max-pixels", "135299"];
      const { code, stderr } = await fullgrad(...run);
      expect(code).toBe(1);
      expect(stderr).toContain("451 x 300 pixels exceed the limit of 135299");
    }
  });

  test("that are not arrays", async () => {
    const path = join(temporaryFolder(), "text.npy");
    writeFileSync(path, "1, 2, 3, and so on for a while");
    const [code, message] = await explainInVain(tinyRelu, path);
    expect(code).toBe(1);
    expect(message).toMatch(/text\.npy is not a \.npy file/);
  });

  test.each([[[3, 9, 8]], [[2, 1, 8, 8]], [[8, 8]], [[0, 3, 8, 8]]])(
    "that have the shape %j",
    async (dims) => {
      const path = join(temporaryFolder(), "x.npy");
      const size = dims.reduce((a, b) => a * b, 1);
      writeFileSync(path, encodeNpy(float32(dims, new Float32Array(size))));
      const [code, message] = await explainInVain(tinyRelu, path);
      expect(code).toBe(1);
      expect(message).toMatch(
        /x\.npy gives \[[\d,]+\], but input "input" takes \[N,3,8,8\] or, for a single sample, \[3,8,8\]/,
      );
    },
  );

  test("that contain integers", async () => {
    const path = join(temporaryFolder(), "bytes.npy");
    writeFileSync(path, encodeNpy(fromNumbers("uint8", [3, 8, 8], new Uint8Array(192))));
    const [code, message] = await explainInVain(tinyRelu, path);
    expect(code).toBe(1);
    expect(message).toMatch(/bytes\.npy holds uint8, but the model takes float32/);
  });

  test("that are unscaled pictures of a size other than the model's", async () => {
    const [code, message] = await explainInVain(efficientNet, picture, "--preprocess", "none");
    expect(code).toBe(1);
    expect(message).toMatch(
      /rgb\.png gives \[1,3,\d+,\d+\], but input "input" takes \[N,3,224,224\]/,
    );
  });

  test("that are pictures, for a model of other inputs", async () => {
    const path = writeModelFile(temporaryFolder(), twoClasses({ channels: 5 }));
    const [code, message] = await explainInVain(path, picture);
    expect(code).toBe(1);
    expect(message).toMatch(
      /input "x" is \[N,5,8,8\] and does not accept a picture; give a \.npy file/,
    );
  });

  test("that are an empty folder or do not exist", async () => {
    const folder = temporaryFolder();
    const [code, message] = await explainInVain(tinyRelu, folder);
    expect(code).toBe(1);
    expect(message).toContain(
      `folder ${folder} holds no input; .png, .jpg, .jpeg, .webp, .gif, .bmp, .tif, .tiff, .npy`,
    );
    const [missing, reason] = await explainInVain(tinyRelu, "nowhere.png");
    expect(missing).toBe(1);
    expect(reason).toContain("nowhere.png: there is no such file");
  });
});

describe("flags", () => {
  test.each<[flags: string[], message: RegExp]>([
    [
      ["--target", "1000"],
      /--target 1000: this class does not exist; the model has classes 0 to 999/,
    ],
    [["--target", "-1"], /--target.*'-1' is invalid.*a class number from 0, a label, top, or top5/],
    [["--target", "unicorn"], /--target unicorn: no label of imagenet contains it/],
    [["--target", "cat"], /--target cat could be any of .*282 tiger cat.*285 Egyptian cat/],
    [
      ["--output", "logit"],
      /--output logit: no output "logit" \(did you mean "logits"\?\); the model has "logits"/,
    ],
    [["--size", "100x100"], /--size 100x100: input "input" is fixed at 224x224/],
    [["--size", "huge"], /--size.*'huge' is invalid.*HEIGHTxWIDTH.*224x224/],
    [["--method", "guess"], /--method.*'guess' is invalid.*fullgrad/],
    [["--convention", "2019"], /--convention.*'2019' is invalid.*head, paper2019/],
    [["--backend", "torch"], /--backend.*'torch' is invalid.*ort, tfjs/],
    [
      ["--provider", "tpu"],
      /--provider tpu: --backend ort has cpu, cuda, webgpu, dml, coreml \(did you mean "cpu"\?\)$/m,
    ],
    [["--provider", "node-gpu"], /--backend ort has cpu.*coreml; --backend tfjs has node-gpu$/m],
    [
      ["--backend", "tfjs", "--provider", "cuda"],
      /--provider cuda: --backend tfjs has wasm, cpu, .*; --backend ort has cuda$/m,
    ],
    [["--backend", "tfjs", "--threads", "2"], /--threads 2: tfjs has no such setting/],
    [["--threads", "0"], /--threads.*'0' is invalid.*1 to 1024/],
    [["--batch", "1.5"], /--batch.*'1.5' is invalid.*whole number/],
    [
      ["--preprocess", "nowhere.json"],
      /--preprocess nowhere\.json: .*no such file.*imagenet, none/,
    ],
    [["--labels", "nowhere.txt"], /--labels nowhere\.txt: .*no such file.*imagenet, or a file/],
    [["--colour", "red"], /unknown option '--colour'/],
    [["--seed", "1"], /unknown option '--seed'/],
  ])("%j", async (flags, expected) => {
    const [code, message] = await explainInVain(efficientNet, picture, ...flags);
    expect(code).toBe(2);
    expect(message).toMatch(expected);
  });

  test("an invalid --preprocess file", async () => {
    const path = join(temporaryFolder(), "p.json");
    writeFileSync(path, '{"size": 7}');
    const [code, message] = await explainInVain(efficientNet, picture, "--preprocess", path);
    expect(code).toBe(2);
    expect(message).toMatch(/--preprocess \S+p\.json: .*"image_mean".*missing/);
  });

  test("labels for another number of classes", async () => {
    const [code, message] = await explainInVain(tinyRelu, tinyInput, "--labels", "imagenet");
    expect(code).toBe(2);
    expect(message).toMatch(/--labels imagenet: it names class 999, but .* classes 0 to 9/);
  });

  test("a label without known class names", async () => {
    const [code, message] = await explainInVain(tinyRelu, tinyInput, "--target", "cat");
    expect(code).toBe(2);
    expect(message).toMatch(/--target cat: class names are unknown.*--labels FILE/);
  });

  test("an impossible output folder", async () => {
    const file = await fullgrad("explain", tinyRelu, tinyInput, "-o", picture);
    expect(file.code).toBe(2);
    expect(file.stderr).toMatch(/-o \S+rgb\.png: this is not a folder/);
    const folder = fixture("images");
    const same = await fullgrad("explain", tinyRelu, folder, "-o", folder);
    expect(same.code).toBe(2);
    expect(same.stderr).toMatch(/results would be taken for inputs/);
  });

  test("a missing or unknown command", async () => {
    expect((await fullgrad()).code).toBe(2);
    const { code, stderr } = await fullgrad("explian");
    expect(code).toBe(2);
    expect(stderr).toMatch(/unknown command 'explian'[^]*explain/);
  });

  test("--help and --version exit without an error", async () => {
    const help = await fullgrad("explain", "--help");
    expect(help.code).toBe(0);
    for (const flag of ["--target", "--preprocess", "--labels", "--batch", "--json"]) {
      expect(help.stdout).toContain(flag);
    }
    const version = await fullgrad("--version");
    expect([version.code, version.stdout]).toEqual([0, "0.1.0\n"]);
  });
});
