import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { encodePng } from "../../src/image/codec.js";
import { encodeNpy } from "../../src/tensor/npy.js";
import { float32 } from "../../src/tensor/tensor.js";
import {
  filesIn,
  fullgrad,
  readJson,
  root,
  temporaryFolder,
  tinyInput,
  tinyRelu,
} from "./cli-harness.js";
import { twoClasses, weights, writeModelFile } from "./cli-models.js";
import { floats, ints, model, node } from "../unit/onnx/small-models.js";

const main = join(root, "dist", "src", "cli", "main.js");

interface Document {
  readonly results: readonly { input: string; files: Record<string, string>; skipped?: boolean }[];
  readonly failures?: readonly { input: string; error: string }[];
  readonly skipped?: readonly string[];
}

async function explain(modelPath: string, ...argv: string[]) {
  const { code, stdout, stderr } = await fullgrad("explain", modelPath, ...argv, "--json");
  return { code, stderr, document: JSON.parse(stdout) as Document };
}

/** A 3x3 convolution without padding on images of any size: a picture of 1x1 pixels cannot go through it. */
const open = model({
  node: [
    node("Conv", ["x", "w"], ["c"], { name: "conv", attribute: [ints("kernel_shape", 3n, 3n)] }),
    node("GlobalAveragePool", ["c"], ["p"], { name: "pool" }),
    node("Flatten", ["p"], ["y"], { name: "flatten" }),
  ],
  initializer: [
    weights(
      "w",
      [2, 3, 3, 3],
      Array.from({ length: 54 }, (_, i) => Math.sin(i)),
    ),
  ],
  input: [floats("x", "N", 3, "H", "W")],
  output: [floats("y", "N", 2)],
});

function picture(size: number, shade = 0): Promise<Uint8Array> {
  const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 37 + shade) % 256);
  return encodePng({ width: size, height: size, data });
}

let [folder, photos, out, openModel, small] = ["", "", "", "", ""];
beforeEach(async () => {
  folder = temporaryFolder();
  photos = join(folder, "photos");
  out = join(folder, "out");
  mkdirSync(photos);
  openModel = writeModelFile(folder, open, "open.onnx");
  small = writeModelFile(folder, twoClasses({ size: ["H", "W"] }), "small.onnx");
  writeFileSync(join(photos, "a.png"), await picture(8, 1));
  writeFileSync(join(photos, "z.png"), await picture(8, 2));
});

const none = ["--preprocess", "none"];
const namesOf = (list: readonly { input: string }[] = []) => list.map(({ input }) => input);

/** Runs it as a user who may not do everything, which the super-user may. */
async function asSomebody(...argv: string[]): Promise<{ code: number; document: Document }> {
  const child = spawn(process.execPath, [main, ...argv, "--json"], {
    ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}),
    stdio: ["ignore", "pipe", "ignore"],
  });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, document: JSON.parse(stdout) as Document };
}

describe("one bad input is one failure", () => {
  test.each(["1", "4"])("a picture that the engine refuses, in batches of %s", async (batch) => {
    writeFileSync(join(photos, "b.png"), await picture(1));
    const array = new Float32Array(2 * 3 * 64).fill(0.5);
    writeFileSync(join(photos, "c.npy"), encodeNpy(float32([2, 3, 8, 8], array)));
    const { code, document, stderr } = await explain(
      openModel,
      photos,
      ...["-o", out, "--batch", batch, ...none],
    );
    const at = (name: string) => join(photos, name);
    expect(code).toBe(1);
    expect(namesOf(document.results)).toEqual(["a.png", "c.npy", "c.npy", "z.png"].map(at));
    expect(namesOf(document.failures)).toEqual([at("b.png")]);
    expect(stderr).toMatch(/1 of 4 inputs failed\n {2}\S+b\.png: /);
    for (const { files } of document.results) {
      for (const path of Object.values(files)) expect(existsSync(path)).toBe(true);
    }
  });

  test("a dangling link, a folder named like a picture, and files of other kinds", async () => {
    symlinkSync(join(folder, "nowhere"), join(photos, "link.png"));
    symlinkSync(join(folder, "nowhere"), join(photos, "link.txt"));
    writeFileSync(join(photos, "notes.txt"), "");
    execFileSync("mkfifo", [join(photos, "pipe.png")]);
    const { code, document, stderr } = await explain(small, photos, "-o", out, ...none);
    expect(code).toBe(1);
    expect(namesOf(document.results)).toEqual(["a.png", "z.png"].map((name) => join(photos, name)));
    expect(document.failures).toEqual([
      {
        input: join(photos, "link.png"),
        error: `${join(photos, "link.png")} is a link to a file that does not exist`,
      },
      {
        input: join(photos, "pipe.png"),
        error: `${join(photos, "pipe.png")} is not a regular file`,
      },
    ]);
    expect(document.skipped).toEqual(["link.txt", "notes.txt"].map((name) => join(photos, name)));
    expect(stderr).toMatch(/2 files of other kinds were passed over: 2 \.txt/);
  });

  test("a name that is not UTF-8 is reported", async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${photos}/caf`),
      Buffer.of(0xe9),
      Buffer.from(".png"),
    ]);
    writeFileSync(bytes, await picture(8));
    const { code, document } = await explain(small, photos, "-o", out, ...none);
    expect([code, document.results.length]).toEqual([1, 2]);
    expect(document.failures![0]!.error).toMatch(/caf\ufffd\.png has a name that is not UTF-8/);
  });

  test("a name of 250 bytes is explained under a shorter one", async () => {
    const path = join(photos, `${"é".repeat(123)}.png`);
    writeFileSync(path, await picture(8, 3));
    const { code, document } = await explain(small, photos, "-o", out, ...none);
    expect(code).toBe(0);
    const { files } = document.results.find(({ input }) => input === path)!;
    for (const file of Object.values(files)) expect(existsSync(file)).toBe(true);
    const again = await explain(small, photos, "-o", out, ...none);
    expect(again.document.results.every(({ skipped }) => skipped)).toBe(true);
  });

  test("an unreadable subfolder is a failure, and its neighbours are explained", async () => {
    const closed = join(photos, "closed");
    mkdirSync(closed, { mode: 0o000 });
    mkdirSync(out);
    execFileSync("chmod", ["-R", "a+rwX", folder]);
    execFileSync("chmod", ["000", closed]);
    const { code, document } = await asSomebody("explain", small, photos, "-o", out, ...none);
    expect([code, document.results.length]).toEqual([1, 2]);
    expect(document.failures![0]).toMatchObject({ input: closed });
    expect(document.failures![0]!.error).toMatch(/EACCES/);
  });

  test("an output folder without write permission ends the run, with a complete document", async () => {
    mkdirSync(out);
    execFileSync("chmod", ["-R", "a+rX", folder]);
    execFileSync("chmod", ["555", out]);
    const { code, document } = await asSomebody("explain", small, photos, "-o", out, ...none);
    expect([code, document.results]).toEqual([1, []]);
    expect(document.failures).toHaveLength(1);
    expect(document.failures![0]!.error).toMatch(/results cannot be written to \S+out: EACCES/);
  });

  test("compare and evaluate continue too", async () => {
    writeFileSync(join(photos, "b.png"), await picture(1));
    const page = join(folder, "page.html");
    const compared = await fullgrad("compare", openModel, photos, "-o", page, "--json", ...none);
    expect(compared.code).toBe(1);
    expect(JSON.parse(compared.stdout)).toMatchObject({
      results: [{ input: join(photos, "a.png") }, { input: join(photos, "z.png") }],
      failures: [{ input: join(photos, "b.png") }],
    });
    const judged = await fullgrad(
      ...["evaluate", "pixel-perturbation", openModel, photos, "-o", out, "--json", ...none],
      ...["--batch", "3"],
    );
    expect(judged.code).toBe(1);
    const { samples } = readJson(join(out, "pixel-perturbation.json")) as {
      samples: { sample: string }[];
    };
    expect([...new Set(samples.map(({ sample }) => sample))]).toEqual(
      ["a.png", "z.png"].map((name) => join(photos, name)),
    );
  });
});

test("evaluate names pictures that fail before any has been evaluated", async () => {
  for (const name of ["a.png", "z.png"]) writeFileSync(join(photos, name), await picture(1));
  const argv = ["evaluate", "pixel-perturbation", openModel, photos, "-o", out, ...none];
  const { code, stderr } = await fullgrad(...argv);
  expect(code).toBe(1);
  expect(stderr).toMatch(/2 failed\n {2}\S+a\.png: .*\n {2}\S+z\.png: /);
});

describe("results", () => {
  test("of cat.png and cat.jpg keep their names, in any order of arrival", async () => {
    const [png, jpg] = [join(photos, "cat.png"), join(photos, "cat.jpg")];
    for (const name of ["a.png", "z.png"]) rmSync(join(photos, name));
    const run = () => explain(small, photos, "-o", out, ...none);
    writeFileSync(png, await picture(8, 4));
    expect((await run()).document.results[0]!.files["manifest"]).toBe(join(out, "cat.json"));
    copyFileSync(join(root, "fixtures", "images", "rocket.jpg"), jpg);
    const both = (await run()).document.results;
    expect(both.map(({ input, skipped }) => [input, skipped ?? false])).toEqual([
      [jpg, false],
      [png, true],
    ]);
    expect((await run()).document.results.every(({ skipped }) => skipped)).toBe(true);
    rmSync(png);
    expect((await run()).document.results).toMatchObject([{ input: jpg, skipped: true }]);
  });

  test("of equal names in two runs do not overwrite each other", async () => {
    const others = join(folder, "others");
    mkdirSync(others);
    writeFileSync(join(others, "a.png"), await picture(8, 9));
    const first = (await explain(small, join(photos, "a.png"), "-o", out, ...none)).document;
    const second = (await explain(small, join(others, "a.png"), "-o", out, ...none)).document;
    const maps = [first, second].map(({ results }) => results[0]!.files["map"]!);
    expect(new Set(maps).size).toBe(2);
    for (const document of [first, second]) {
      const { input, files } = document.results[0]!;
      expect(readJson(files["manifest"]!)["input"]).toMatchObject({ path: input });
    }
  });

  test.each(["map", "overlay", "heatmap"])("whose %s is damaged are made anew", async (kind) => {
    const run = async () =>
      (await explain(small, join(photos, "a.png"), "-o", out, ...none)).document.results[0]!;
    const path = (await run()).files[kind]!;
    const good = readFileSync(path);
    expect((await run()).skipped).toBe(true);
    const bad = Buffer.from(good);
    bad[bad.length - 1]! ^= 1;
    writeFileSync(path, bad);
    expect((await run()).skipped).toBeUndefined();
    expect(readFileSync(path).equals(good)).toBe(true);
    writeFileSync(path, good.subarray(0, 40));
    expect((await run()).skipped).toBeUndefined();
  });

  test("have their sizes and hashes in the manifest", async () => {
    const { document } = await explain(small, join(photos, "a.png"), "-o", out, ...none);
    const manifest = readJson(document.results[0]!.files["manifest"]!);
    const bytes = readFileSync(join(out, "a.map.npy"));
    expect(manifest["digests"]).toMatchObject({
      "a.map.npy": {
        bytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      },
    });
  });
});

function start(argv: readonly string[], stdout: "pipe" | "ignore" = "ignore") {
  const child = spawn(process.execPath, [main, ...argv], { stdio: ["ignore", stdout, "pipe"] });
  let stderr = "";
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const done = once(child, "close").then(([code]) => ({ code: code as number, stderr }));
  return { child, done };
}

function manyInputs(count: number): void {
  for (let i = 0; i < count; i++) copyFileSync(tinyInput, join(photos, `x${i}.npy`));
  for (const name of ["a.png", "z.png"]) rmSync(join(photos, name));
}

describe("processes", () => {
  test("two runs into one folder lose nothing", async () => {
    manyInputs(20);
    const runs = [0, 1].map(() => start(["explain", tinyRelu, photos, "-o", out]).done);
    expect(await Promise.all(runs)).toEqual([0, 1].map(() => ({ code: 0, stderr: "" })));
    expect(filesIn(out)).toHaveLength(20 * 2 * 3);
    const again = await explain(tinyRelu, photos, "-o", out);
    expect(again.document.results.every(({ skipped }) => skipped)).toBe(true);
  });

  test("a closed standard output does not stop a run", async () => {
    manyInputs(20);
    const { child, done } = start(["explain", tinyRelu, photos, "-o", out], "pipe");
    child.stdout!.once("data", () => child.stdout!.destroy());
    expect(await done).toEqual({ code: 0, stderr: "" });
    expect(filesIn(out)).toHaveLength(20 * 2 * 3);
  });

  test.skipIf(!existsSync("/dev/full"))("a full standard output says why", () => {
    const shell = `"${process.execPath}" "${main}" inspect "${tinyRelu}" --json > /dev/full`;
    let [code, said] = [0, ""];
    try {
      execFileSync("sh", ["-c", shell], { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
    } catch (error) {
      ({ status: code, stderr: said } = error as { status: number; stderr: string });
    }
    expect(code).toBe(1);
    expect(said).toMatch(/^fullgrad: standard output cannot be written: ENOSPC/);
  });

  test.each(["SIGHUP", "SIGTERM"] as const)("%s leaves whole results", async (signal) => {
    manyInputs(200);
    const { child, done } = start(["explain", tinyRelu, photos, "-o", out]);
    while (filesIn(out).length < 3 && child.exitCode === null) await setTimeout(5);
    child.kill(signal);
    expect((await done).code).toBe(signal === "SIGHUP" ? 129 : 143);
    const files = filesIn(out);
    expect(files.length).toBeLessThan(200 * 2 * 3);
    expect(files.filter((name) => name.startsWith("."))).toEqual([]);
    expect(files.filter((name) => name.endsWith(".json"))).toHaveLength(files.length / 3);
  });

  test("a kill leaves no partial file that the next run accepts as a result", async () => {
    manyInputs(60);
    const { child, done } = start(["explain", tinyRelu, photos, "-o", out]);
    while (filesIn(out).length < 9 && child.exitCode === null) await setTimeout(5);
    child.kill("SIGKILL");
    await done;
    const { code, document } = await explain(tinyRelu, photos, "-o", out);
    expect([code, document.results.length]).toEqual([0, 120]);
    expect(filesIn(out).filter((name) => !name.startsWith("."))).toHaveLength(120 * 3);
  });
});

test("escape sequences of names never reach the terminal", async () => {
  const evil = "\x1b]0;owned\x07\x1b[2J\u009b31m\u202e";
  const labels = join(folder, "labels.json");
  writeFileSync(labels, JSON.stringify([`cat${evil}\nfullgrad: all is well`, `dog${evil}`]));
  writeFileSync(join(photos, `b${evil}.png`), await picture(8));
  writeFileSync(join(photos, `c${evil}.png`), "no picture");
  const argv = ["explain", small, photos, "-o", out, "--labels", labels, ...none];
  for (const flags of [[], ["--json"]]) {
    const { stdout, stderr, code } = await fullgrad(...argv, ...flags);
    expect(code).toBe(1);
    expect(stdout + stderr).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(stdout).not.toMatch(/^fullgrad/m);
  }
});
