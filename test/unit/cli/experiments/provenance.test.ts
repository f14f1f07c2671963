import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { repeatableCommand } from "../../../../src/cli/experiments/provenance.js";

test("the command of a report is that of the run, without its output folder", () => {
  const run = ["evaluate", "road", "m.onnx", "-o", "out", "a.png", "--seed", "1"];
  const command = "fullgrad evaluate road m.onnx a.png --seed 1";
  expect(repeatableCommand(run)).toBe(command);
  const spelt = ["evaluate", "road", "m.onnx", "--out=out", "a.png", "--seed", "1"];
  expect(repeatableCommand(spelt)).toBe(command);
});

test.skipIf(process.platform === "win32")("a shell reads its words as they were given", () => {
  const words = ["two words", "it's", "$HOME", "~/a.png", "a*b;c", "#ff0000", "", "a=b:c,d"];
  const echoed = repeatableCommand(words).replace(/^fullgrad/, "printf '%s\\n'");
  const read = execFileSync("/bin/sh", ["-c", echoed], { encoding: "utf8" });
  expect(read.split("\n").slice(0, -1)).toEqual(words);
});
