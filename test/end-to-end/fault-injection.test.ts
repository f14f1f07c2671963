import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { encodePng } from "../../src/image/codec.js";
import { encodeNpy } from "../../src/tensor/npy.js";
import { float32, int64 } from "../../src/tensor/tensor.js";
import { Random } from "../support/random.js";
import { filesIn, root, tinyRelu } from "./cli-harness.js";

/** Kills and deletions of each command. `FULLGRAD_FAULTS=100` is for more of them, and for every fault of every command. */
const rounds = Number(process.env["FULLGRAD_FAULTS"] ?? 1);
const isLarge = process.env["FULLGRAD_FAULTS"] !== undefined;

// Each round starts processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 600_000 * rounds, hookTimeout: 600_000 });

const main = join(root, "dist", "src", "cli", "main.js");
const folder = mkdtempSync(join(tmpdir(), "fullgrad-faults-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const [photos, data] = [join(folder, "photos"), join(folder, "data")];

beforeAll(async () => {
  mkdirSync(photos);
  mkdirSync(data);
  for (let n = 0; n < 6; n++) {
    const pixels = Uint8Array.from({ length: 192 }, (_, i) => (i * 37 + n * 11) % 256);
    const png = await encodePng({ width: 8, height: 8, data: pixels });
    writeFileSync(join(photos, `${n}.png`), png);
  }
  for (const part of ["train", "test"]) {
    const images = Float32Array.from({ length: 16 * 64 }, (_, i) => Math.sin(i * i));
    writeFileSync(join(data, `${part}.images.npy`), encodeNpy(float32([16, 1, 8, 8], images)));
    const labels = int64(Array.from({ length: 16 }, (_, i) => i % 2));
    writeFileSync(join(data, `${part}.labels.npy`), encodeNpy(labels));
  }
  execFileSync("chmod", ["-R", "a+rX", folder]);
});

/** A command, and the file in its folder that holds everything it computes. */
interface Command {
  readonly name: string;
  readonly argv: (out: string) => readonly string[];
  readonly result: string;
}

const few = ["--fractions", "0.5", "--threads", "1"];
const commands: readonly Command[] = [
  {
    name: "evaluate",
    argv: (out) => [
      ...["evaluate", "pixel-perturbation", tinyRelu, photos, "-o", out, ...few],
      ...["--method", "fullgrad,gradient"],
    ],
    result: "pixel-perturbation.csv",
  },
  {
    name: "roar",
    argv: (out) => [
      ...["evaluate", "roar", "small-cnn", data, "-o", out, ...few],
      ...["--seeds", "1", "--epochs", "2", "--method", "gradient"],
    ],
    result: "roar.csv",
  },
  {
    name: "convert",
    argv: (out) => ["convert", tinyRelu, "--to", "onnx", "-o", join(out, "tiny.onnx")],
    result: "tiny.onnx",
  },
];

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

function start(command: readonly string[], options: object = {}) {
  const [program, ...argv] = command;
  const child: ChildProcess = spawn(program!, argv, {
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
  let stderr = "";
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout!.resume();
  const done = once(child, "close").then(([code]): Ended => ({ code: code as number, stderr }));
  return { child, done };
}

const node = (argv: readonly string[]): string[] => [process.execPath, main, ...argv];

describe.each(commands)("$name", (command) => {
  const { name, argv, result } = command;
  const read = (out: string): string => readFileSync(join(out, result)).toString("latin1");
  const resultOf = async (out: string): Promise<string> => {
    expect(await start(node(argv(out))).done).toMatchObject({ code: 0 });
    return read(out);
  };
  const freshFolder = (): string => mkdtempSync(join(folder, `${name}-`));
  let undisturbed = "";
  beforeAll(async () => {
    undisturbed = await resultOf(freshFolder());
  });

  test("has the same result after kills at any moment", async () => {
    const out = freshFolder();
    const random = new Random(7);
    for (let round = 0; round < rounds; round++) {
      const { child, done } = start(node(argv(out)));
      await Promise.race([setTimeout(random.integer(200, 1500)), done]);
      child.kill("SIGKILL");
      await done;
      if (existsSync(join(out, result))) expect(read(out)).toBe(undisturbed);
    }
    expect(await resultOf(out)).toBe(undisturbed);
  });

  test("names a full disk, leaves no partial result, and goes on where it ended", async () => {
    const out = freshFolder();
    // Files may have one block: what is longer fails with EFBIG, as it would with ENOSPC on a full disk.
    const shell = `trap "" XFSZ; ulimit -f 1; exec "$@"`;
    const { code, stderr } = await start(["sh", "-c", shell, "sh", ...node(argv(out))]).done;
    expect(code).toBe(1);
    expect(stderr).toMatch(/EFBIG: file too large/);
    expect(stderr).not.toMatch(/should not have happened/);
    expect(filesIn(out)).not.toContain(result);
    expect(filesIn(out).filter((file) => file.endsWith(".tmp"))).toEqual([]);
    expect(await resultOf(out)).toBe(undisturbed);
  });

  test("names a folder that is read-only", async () => {
    const out = freshFolder();
    execFileSync("chmod", ["555", out]);
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { code, stderr } = await start(node(argv(out)), nobody).done;
    expect(code).toBe(1);
    expect(stderr).toMatch(/EACCES/);
    expect(stderr).not.toMatch(/should not have happened/);
    expect(filesIn(out)).toEqual([]);
  });

  // Commands share the code that these faults test.
  if (!isLarge && command !== commands[0]) return;

  test("has the same result from two runs at once", async () => {
    const out = freshFolder();
    const both = await Promise.all([0, 1].map(() => start(node(argv(out))).done));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(read(out)).toBe(undisturbed);
  });

  test("goes on when nobody reads its output", async () => {
    const out = freshFolder();
    const { child, done } = start(node(argv(out)));
    child.stdout!.destroy();
    expect((await done).code).toBe(0);
    expect(read(out)).toBe(undisturbed);
  });

  test("survives that its folder is deleted", async () => {
    const out = freshFolder();
    const random = new Random(11);
    for (let round = 0; round < rounds; round++) {
      const { done } = start(node(argv(out)));
      await Promise.race([setTimeout(random.integer(200, 1500)), done]);
      rmSync(out, { recursive: true, force: true, maxRetries: 10 });
      expect((await done).stderr).not.toMatch(/should not have happened/);
    }
    expect(await resultOf(out)).toBe(undisturbed);
  });
});

/** Names and contents of all results; of manifests all but the time that they took. */
function resultsIn(from: string): ReadonlyMap<string, string> {
  const names = filesIn(from).filter((name) => !name.startsWith("."));
  return new Map(
    names.map((name) => {
      const content = readFileSync(join(from, name)).toString("latin1");
      return [name, name.endsWith(".json") ? content.replace(/"seconds": .*/, "") : content];
    }),
  );
}

test("explain: two runs into one folder, killed in turn, leave the results of an undisturbed one", async () => {
  const many = mkdtempSync(join(folder, "many-"));
  const count = isLarge ? 200 * rounds : 30;
  for (let n = 0; n < count; n++) {
    const pixels = Uint8Array.from({ length: 192 }, (_, i) => (i * 37 + n * 11 + (n >> 4)) % 256);
    const png = await encodePng({ width: 8, height: 8, data: pixels });
    writeFileSync(join(many, `${n}.png`), n % 15 === 7 ? png.subarray(0, png.length / 2) : png);
  }
  const explain = (out: string) =>
    start(node(["explain", tinyRelu, many, "-o", out, "--quiet", "--threads", "1"]));
  const done = (out: string): number => filesIn(out).filter((f) => f.endsWith(".map.npy")).length;

  const undisturbed = mkdtempSync(join(folder, "alone-"));
  expect(await explain(undisturbed).done).toMatchObject({ code: 1 });
  const sound = done(undisturbed);
  expect(sound).toBe(count - Math.ceil((count - 7) / 15));

  const out = mkdtempSync(join(folder, "disturbed-"));
  const runs = [explain(out), explain(out)];
  for (let kill = 0; kill < rounds; kill++) {
    while (done(out) < ((kill + 1) * sound) / (rounds + 2)) await setTimeout(50);
    runs[kill % 2]!.child.kill("SIGKILL");
    await runs[kill % 2]!.done;
    runs[kill % 2] = explain(out);
  }
  // Exit code 1: some pictures are broken.
  const ends = await Promise.all(runs.map((run) => run.done));
  expect(ends.map(({ code }) => code)).toEqual([1, 1]);
  expect(resultsIn(out)).toEqual(resultsIn(undisturbed));
});
