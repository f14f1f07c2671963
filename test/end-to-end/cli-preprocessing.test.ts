import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { twoClasses, writeModelFile } from "./cli-models.js";
import { fixture, fullgrad, temporaryFolder } from "./cli-harness.js";

const picture = fixture("images", "chelsea.png");

/** Numbers that the document has for the preprocessing. */
interface Report {
  readonly source: string;
  readonly reason: string;
  readonly guessed: boolean;
  readonly hint?: string;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly rescale: number;
  readonly channels: string;
  readonly resize?: object;
  readonly crop?: object;
}

const models = {
  grey: twoClasses({ size: [28, 28], channels: 1 }),
  color: twoClasses({ size: [32, 32] }),
};

async function verified(model: keyof typeof models, ...flags: string[]) {
  const path = writeModelFile(temporaryFolder(), models[model]);
  const run = await fullgrad("verify", path, "--input", picture, "--json", ...flags);
  const document = (run.code === 0 ? JSON.parse(run.stdout) : {}) as { preprocessing: Report };
  return { ...run, preprocessing: document.preprocessing, path };
}

test("a guess is told, with its numbers and the way out", async () => {
  const { stderr, preprocessing, path } = await verified("grey");
  expect(stderr).toMatch(
    /^warning: preprocessing: imagenet \(the default\): resize 32, crop 28x28, bilinear, grey, 0 to 1, mean 0.449, std 0.226/,
  );
  expect(stderr).toContain("--mean and --std");
  expect(preprocessing).toMatchObject({ guessed: true, reason: "the default", channels: "luma" });
  expect(preprocessing.hint).toContain(path.replace(/\.onnx$/, ".preprocess.json"));
});

test("flags replace the guess", async () => {
  const { stderr, preprocessing } = await verified("grey", "--mean", "0.1307", "--std", "0.3081");
  expect(stderr).toMatch(
    /^preprocessing: imagenet --mean --std \(flags\): .* mean 0.1307, std 0.3081\n$/,
  );
  expect(preprocessing).toMatchObject({ guessed: false, std: [0.3081] });
  expect(preprocessing.mean[0]).toBeCloseTo(0.1307, 12);
});

test("flags of Keras' three modes, and of other sizes", async () => {
  const tf = await verified("color", "--range", "-1,1", "--resize", "32x32");
  expect(tf.preprocessing).toMatchObject({ rescale: 2 / 255, mean: [1, 1, 1], std: [1, 1, 1] });
  expect(tf.preprocessing.resize).toEqual({ height: 32, width: 32 });
  const caffe = ["--range", "0,255", "--channels", "bgr", "--mean", "103.939,116.779,123.68"];
  const { preprocessing } = await verified("color", ...caffe, "--resize", "40");
  expect(preprocessing).toMatchObject({
    rescale: 1,
    channels: "bgr",
    mean: [103.939, 116.779, 123.68],
  });
  expect([preprocessing.resize, preprocessing.crop]).toEqual([
    { shortestEdge: 40 },
    { height: 32, width: 32 },
  ]);
});

test.each<[flags: string[], message: RegExp]>([
  [["--mean", "0.5,0.5"], /--mean.*'0.5,0.5' is invalid.*three numbers/],
  [["--std", "0"], /--std.*'0' is invalid.*positive/],
  [["--range", "1"], /--range.*'1' is invalid.*-1,1/],
  [["--channels", "bgrr"], /--channels.*'bgrr' is invalid.*did you mean "bgr"/],
  [["--crop", "20"], /--crop 20x20: the model's input takes pictures of 32x32 alone/],
  [["--resize", "48x48"], /--resize 48x48: the model's input takes pictures of 32x32 alone/],
])("%j is refused", async (flags, message) => {
  const { code, stderr } = await verified("color", ...flags);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test("a file beside the model may have mean and std alone", async () => {
  const folder = temporaryFolder();
  const path = writeModelFile(folder, models.color);
  writeFileSync(join(folder, "model.preprocess.json"), '{"mean": [0.5], "std": [0.25]}');
  const { code, stdout, stderr } = await fullgrad("verify", path, "--input", picture, "--json");
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/^preprocessing: .*\(beside the model\)\n$/),
  ]);
  const { preprocessing } = JSON.parse(stdout) as { preprocessing: Report };
  expect(preprocessing).toMatchObject({
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
    guessed: false,
  });
});

test("--size takes one number for a square", async () => {
  const path = writeModelFile(temporaryFolder(), twoClasses({ size: ["h", "w"] }));
  const { code, stdout } = await fullgrad(
    "verify",
    path,
    "--size",
    "16",
    "--samples",
    "1",
    "--json",
  );
  expect([code, stdout]).toEqual([0, expect.stringContaining('"complete": true')]);
});
