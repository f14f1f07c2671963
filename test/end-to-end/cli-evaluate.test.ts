import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { evaluationTests } from "../../src/evaluate/all.js";
import type { SampleRecord } from "../../src/evaluate/run.js";
import { encodePng } from "../../src/image/codec.js";
import { random } from "../../src/tensor/random.js";
import {
  filesIn,
  fixture,
  fullgrad,
  readJson,
  root,
  runWith,
  temporaryFolder,
  tinyInput,
  tinyRelu,
} from "./cli-harness.js";

const pixelPerturbation = ["evaluate", "pixel-perturbation", tinyRelu];

/** Pictures of 8 x 8 random pixels. */
async function pictures(folder: string, count: number): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const numbers = random(count);
  const paths: string[] = [];
  for (let n = 0; n < count; n++) {
    const data = Uint8Array.from({ length: 192 }, () => 256 * numbers.uniform());
    const path = join(folder, `${String(n).padStart(3, "0")}.png`);
    writeFileSync(path, await encodePng({ width: 8, height: 8, data }));
    paths.push(path);
  }
  return paths;
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function samplesIn(out: string, name = "pixel-perturbation"): readonly SampleRecord[] {
  return readJson(join(out, `${name}.json`))["samples"] as SampleRecord[];
}

test("an evaluation writes tables, charts and a page, and prints the means", async () => {
  const folder = temporaryFolder();
  const paths = await pictures(join(folder, "in"), 3);
  const out = join(folder, "out");
  const { code, stdout, stderr } = await fullgrad(
    ...[...pixelPerturbation, join(folder, "in"), "-o", out, "--fractions", "0,0.1,0.5"],
    ...["--method", "fullgrad,integrated-gradients:steps=5,gradient", "--batch", "2"],
  );
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/^warning: preprocessing: imagenet \(the default\): .*\n$/),
  ]);
  expect(stdout).toMatch(/integrated-gradients:steps=5 +0 /);
  expect(filesIn(out)).toEqual(
    [
      "csv",
      "html",
      "json",
      "output-change.png",
      "output-change.svg",
      "output-change.vl.json",
      "probability-change.png",
      "probability-change.svg",
      "probability-change.vl.json",
      "samples.jsonl",
      "summary.csv",
    ].map((end) => `pixel-perturbation.${end}`),
  );
  const samples = samplesIn(out);
  expect(samples).toHaveLength(3 * 7);
  for (const { values } of samples) expect(values["output-change"]![0]).toBe(0);
  // As sha256sum and sort compute it, whatever the names and the order of the files.
  const hashes = paths.map((path) => sha256(readFileSync(path))).toSorted();
  const report = readJson(join(out, "pixel-perturbation.json"));
  expect(report["images"]).toEqual({
    files: 3,
    sha256: sha256(hashes.map((hash) => `${hash}\n`).join("")),
  });
  expect(report["command"]).toBe(
    `fullgrad evaluate pixel-perturbation ${tinyRelu} ${join(folder, "in")} --fractions 0,0.1,0.5 ` +
      "--method fullgrad,integrated-gradients:steps=5,gradient --batch 2",
  );
});

test("every test runs and states its limits", async () => {
  const folder = temporaryFolder();
  await pictures(join(folder, "in"), 2);
  const boxes = join(folder, "boxes.json");
  writeFileSync(boxes, '{"000.png": [[0, 0, 8, 4]], "001.png": [{"box": [0, 0, 4, 8]}]}');
  for (const evaluation of evaluationTests) {
    const out = join(folder, evaluation.name);
    const { code, stdout, stderr } = await fullgrad(
      ...["evaluate", evaluation.name, tinyRelu, join(folder, "in"), "-o", out, "--quiet"],
      ...["--json", ...(evaluation.needsBoxes ? ["--boxes", boxes] : [])],
    );
    expect([code, stderr], evaluation.name).toEqual([0, ""]);
    const { summary } = JSON.parse(stdout) as { summary: { method: string; n: number }[] };
    expect(summary.filter(({ method }) => method === "fullgrad").every(({ n }) => n > 0)).toBe(
      true,
    );
    const page = readFileSync(join(out, `${evaluation.name}.html`), "utf8");
    expect(page).toContain("What this does not show");
    expect(page).toContain("<svg");
  }
});

test("a killed run resumes with the numbers of an undisturbed run", async () => {
  const folder = temporaryFolder();
  await pictures(join(folder, "in"), 24);
  const argumentsFor = (out: string) => [
    ...[...pixelPerturbation, join(folder, "in"), "-o", join(folder, out), "--batch", "5"],
    ...["--method", "smoothgrad,fullgrad", "--ties", "random"],
  ];
  expect((await fullgrad(...argumentsFor("whole"))).code).toBe(0);

  const main = join(root, "dist", "src", "cli", "main.js");
  const child = spawn(process.execPath, [main, ...argumentsFor("killed")], { stdio: "ignore" });
  const closed = once(child, "close");
  const journal = join(folder, "killed", "pixel-perturbation.samples.jsonl");
  while (child.exitCode === null && lines(journal) < 7) await setTimeout(1);
  child.kill("SIGKILL");
  await closed;
  const before = lines(journal);
  expect(before).toBeLessThan(24 * 6);
  expect(existsSync(join(folder, "killed", "pixel-perturbation.json"))).toBe(false);
  // As if the last line had been cut off.
  truncateSync(journal, readFileSync(journal).length - 20);

  expect((await fullgrad(...argumentsFor("killed"))).code).toBe(0);
  expect(lines(journal)).toBe(24 * 6 + 1);
  for (const name of ["json", "csv", "output-change.svg"]) {
    const [p, q] = ["whole", "killed"].map((out) =>
      readFileSync(join(folder, out, `pixel-perturbation.${name}`), "utf8"),
    );
    expect(p === q, name).toBe(true);
  }
});

function lines(path: string): number {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
}

test("finished results are not recomputed, unless settings change", async () => {
  const folder = temporaryFolder();
  await pictures(join(folder, "in"), 2);
  const out = join(folder, "out");
  const journal = join(out, "pixel-perturbation.samples.jsonl");
  const run = async (...more: string[]): Promise<number> => {
    const { code } = await fullgrad(...pixelPerturbation, join(folder, "in"), "-o", out, ...more);
    expect(code).toBe(0);
    return lines(journal);
  };
  expect(await run()).toBe(10);
  expect(await run()).toBe(10);
  // One more method is one more line for each image.
  expect(await run("--method", "fullgrad,gradient")).toBe(12);
  expect(await run("--fill", "white")).toBe(22);
  expect(await run("--seed", "1")).toBe(32);
});

test("the random baseline depends on image and seed, not on the order of the images", async () => {
  const folder = temporaryFolder();
  const [first, second] = await pictures(join(folder, "in"), 2);
  const randomOf = async (out: string, ...images: string[]): Promise<Map<string, unknown>> => {
    await fullgrad(...pixelPerturbation, ...images, "-o", join(folder, out));
    const all = samplesIn(join(folder, out)).filter(({ method }) => method === "random");
    return new Map(all.map(({ sample, values }) => [sample, values]));
  };
  const [p, q] = [await randomOf("p", first!, second!), await randomOf("q", second!, first!)];
  expect(q.get(first!)).toEqual(p.get(first!));
  expect(p.get(first!)).not.toEqual(p.get(second!));
});

describe("classes by folder", () => {
  const evaluateFolders = async (names: readonly string[], ...more: string[]) => {
    const folder = temporaryFolder();
    const [image] = await pictures(join(folder, "made"), 1);
    for (const name of names) {
      mkdirSync(join(folder, "in", name), { recursive: true });
      copyFileSync(image!, join(folder, "in", name, "image.png"));
    }
    const out = join(folder, "out");
    const asked = [join(folder, "in"), "-o", out, "--target", "folder", "--quiet", ...more];
    const outcome = await fullgrad(...pixelPerturbation, ...asked);
    const targets = existsSync(out)
      ? samplesIn(out).flatMap(({ method, target }) => (method === "fullgrad" ? [target] : []))
      : [];
    return { ...outcome, targets };
  };

  test("are numbers", async () => {
    expect((await evaluateFolders(["3", "08"])).targets).toEqual([8, 3]);
  });

  test("are labels", async () => {
    const labels = join(temporaryFolder(), "labels.txt");
    writeFileSync(labels, "Ant\nbee\ncat\n");
    const { targets } = await evaluateFolders(["bee", "ant"], "--labels", labels);
    expect(targets).toEqual([0, 1]);
  });

  test("are all classes in alphabetical order", async () => {
    const { targets } = await evaluateFolders("jihgfedcba".split(""));
    expect(targets).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("must be known classes", async () => {
    const { code, stderr } = await evaluateFolders(["3", "dog"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/folder "dog" is no class; name folders by class number or label/);
  });
});

test("a broken image fails, and the others are evaluated", async () => {
  const folder = temporaryFolder();
  await pictures(join(folder, "in"), 2);
  writeFileSync(join(folder, "in", "broken.png"), "no picture");
  const out = join(folder, "out");
  const { code, stderr } = await fullgrad(...pixelPerturbation, join(folder, "in"), "-o", out);
  expect(code).toBe(1);
  expect(stderr).toMatch(/1 failed\n.*broken\.png is not in a supported picture format/);
  expect(samplesIn(out)).toHaveLength(10);
  expect(readFileSync(join(out, "pixel-perturbation.html"), "utf8")).toContain("What failed");
});

test("samples of a .npy file are evaluated one by one", async () => {
  const out = join(temporaryFolder(), "out");
  const { code } = await fullgrad(...pixelPerturbation, tinyInput, "-o", out, "--batch", "2");
  expect(code).toBe(0);
  const names = new Set(samplesIn(out).map(({ sample }) => sample));
  expect([...names].map((name) => name.slice(-3))).toEqual(["[0]", "[1]"]);
});

test("a terminal shows the remaining time", async () => {
  const folder = temporaryFolder();
  await pictures(join(folder, "in"), 3);
  const asked = [...pixelPerturbation, join(folder, "in"), "-o", join(folder, "out")];
  const { stderr } = await runWith({ isTTY: true }, ...asked);
  expect(stderr).toMatch(/\] 2\/3 +\d+ s left/);
});

test.each([
  [["--method", "nonsense"], /no method "nonsense"; there are/],
  [["--method", "gradient:steps=3"], /method "gradient" has no setting "steps"/],
  [["--method", "fullgrad,fullgrad"], /fullgrad is named twice/],
  [["--fractions", "0.1,2"], /It takes numbers from 0 to 1 with commas between/],
  [["--fill", "grey"], /It takes black, white, mean/],
  [["--fill", "black,grey"], /It takes black, white, mean.*; several with commas between/],
  [["--versus", "top5"], /an evaluation takes one class, or second/],
  [["--target", "top5"], /an evaluation takes top, one class, or folder/],
])("%j is wrong usage", async (flags, message) => {
  const out = join(temporaryFolder(), "out");
  const { code, stderr } = await fullgrad(...pixelPerturbation, tinyInput, "-o", out, ...flags);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test("several removals and fills are judged in one run, each method also smoothed where asked", async () => {
  const folder = temporaryFolder();
  await pictures(join(folder, "in"), 2);
  const out = join(folder, "out");
  const { code } = await fullgrad(
    ...[...pixelPerturbation, join(folder, "in"), "-o", out, "--quiet", "--fractions", "0.1,0.5"],
    ...["--remove", "least,most", "--fill", "black,blur:0.1", "--method", "gradient,fullgrad"],
    ...["--smooth-maps", "gradient", "--smooth-cells", "2"],
  );
  expect(code).toBe(0);
  const samples = samplesIn(out);
  expect([...new Set(samples.map(({ method }) => method))]).toEqual([
    ...["gradient", "gradient~2x2", "fullgrad", "random", "smooth-random", "edge", "centre-blur"],
  ]);
  expect(Object.keys(samples[0]!.values)).toHaveLength(8);
  const charts = filesIn(out).filter((name) => name.endsWith(".svg"));
  expect(charts).toContain("pixel-perturbation.most.blur-0.1.output-change.svg");
  expect(charts).toHaveLength(8);
});

describe("what is explained", () => {
  const samplesWith = async (...flags: string[]): Promise<Map<string, SampleRecord>> => {
    const folder = temporaryFolder();
    await pictures(join(folder, "in"), 1);
    const out = join(folder, "out");
    const asked = ["--rank", "signed", "--fractions", "0.5", "--method", "gradient"];
    const { code } = await fullgrad(
      ...[...pixelPerturbation, join(folder, "in"), "-o", out, "--quiet", ...asked, ...flags],
    );
    expect(code).toBe(0);
    return new Map(samplesIn(out).map((record) => [record.method, record]));
  };

  test("may be a contrast or the log-probability; what is scored stays the class", async () => {
    const plain = await samplesWith();
    const contrast = await samplesWith("--versus", "second");
    const logarithm = await samplesWith("--quantity", "log-probability");
    for (const other of [contrast, logarithm]) {
      expect(other.get("gradient")!.target).toBe(plain.get("gradient")!.target);
      expect(other.get("gradient")!.output).toBe(plain.get("gradient")!.output);
      expect(other.get("gradient")!.values).not.toEqual(plain.get("gradient")!.values);
      expect(other.get("random")!.values).toEqual(plain.get("random")!.values);
    }
  });

  test("second is the best class beside the target", async () => {
    const folder = temporaryFolder();
    const [image] = await pictures(folder, 1);
    const asked = ["--target", "top5", "--json", "--quiet", "-o", join(folder, "maps")];
    const { stdout } = await fullgrad("explain", tinyRelu, image!, ...asked);
    const { results } = JSON.parse(stdout) as { results: { rank: number; target: number }[] };
    const [first, second] = results;
    const named = (await samplesWith("--versus", String(second!.target))).get("gradient")!;
    expect(named.target).toBe(first!.target);
    expect((await samplesWith("--versus", "second")).get("gradient")).toEqual({
      ...named,
      sample: expect.any(String) as string,
    });
  });
});

test("a network that is not a classifier cannot be evaluated", async () => {
  const out = join(temporaryFolder(), "out");
  const path = fixture("forms", "segmentation.legacy.onnx");
  const input = fixture("forms", "segmentation", "input.npy");
  const { code, stderr } = await fullgrad(
    ...["evaluate", "sparseness", path, input, "-o", out, "--target", "top"],
  );
  expect(code).toBe(2);
  expect(stderr).toMatch(/has no class scores \[N,K\]; an evaluation needs a classifier/);
});

test("boxes are given in the picture's pixels and mapped to the network's input", async () => {
  const folder = temporaryFolder();
  const image = fixture("images", "rgb.png");
  const boxes = join(folder, "boxes.json");
  // Of 53 x 41 pixels, the crop that the network sees is the middle 41 x 41: from 6 to 47.
  writeFileSync(boxes, '{"rgb.png": [[6, 0, 47, 41]]}');
  const asked = ["evaluate", "pointing-game", tinyRelu, image, "--preprocess", "imagenet"];
  const evaluateWith = (out: string) =>
    fullgrad(...asked, "-o", join(folder, out), "--boxes", boxes, "--quiet");
  expect((await evaluateWith("all")).code).toBe(0);
  const whole = samplesIn(join(folder, "all"), "pointing-game");
  for (const { values } of whole) expect(values["hit"]).toEqual([1]);

  writeFileSync(boxes, '{"rgb.png": [[0, 0, 2, 41]]}');
  const outside = await evaluateWith("none");
  expect(outside.code).toBe(1);
  expect(outside.stderr).toMatch(/no image could be evaluated/);

  writeFileSync(boxes, '{"rgb.png": [[0, 0, 2]]}');
  const wrong = await evaluateWith("wrong");
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/"rgb\.png" needs a list of \[left, top, right, bottom\]/);
});
