import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  filesIn,
  fixture,
  efficientNet,
  root,
  temporaryFolder,
  tinyInput,
  tinyRelu,
} from "./cli-harness.js";

const main = join(root, "dist", "src", "cli", "main.js");

function start(...argv: string[]) {
  const child = spawn(process.execPath, [main, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const done = once(child, "close").then(([code]) => ({ code: code as number, stdout, stderr }));
  return { child, done };
}

test("the built program explains, and prints one JSON document", async () => {
  const out = join(temporaryFolder(), "out");
  const { code, stdout, stderr } = await start("explain", tinyRelu, tinyInput, "-o", out, "--json")
    .done;
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ results: [{ target: 7 }, { target: 7 }] });
  expect(filesIn(out)).toHaveLength(6);
});

test("the built program reports the error and exits with 2", async () => {
  const { code, stdout, stderr } = await start("inspect", tinyRelu, "--frob").done;
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/unknown option '--frob'/);
});

test("a closed pipe is not an error", async () => {
  const { child, done } = start("inspect", efficientNet);
  child.stdout.destroy();
  const { code, stderr } = await done;
  expect([code, stderr]).toEqual([0, ""]);
});

test("Ctrl-C leaves complete results only", async () => {
  const out = join(temporaryFolder(), "out");
  const { child, done } = start("explain", efficientNet, fixture("images"), "-o", out);
  while (filesIn(out).length === 0 && child.exitCode === null) await setTimeout(5);
  child.kill("SIGINT");
  expect((await done).code).toBe(130);
  const files = filesIn(out);
  const names = new Set(files.map((file) => file.split(".")[0]));
  expect(names.size).toBeLessThan(10);
  expect(files).toEqual(
    [...names].flatMap((name) =>
      ["heatmap.png", "json", "map.npy", "overlay.png"].map((end) => `${name}.${end}`),
    ),
  );
});
