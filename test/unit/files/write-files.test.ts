import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UsageError } from "../../../src/errors.js";
import { writeChecked, writeTogether } from "../../../src/files/write-files.js";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fullgrad-write-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test("text, bytes and blocks are written at their offsets", () => {
  const [text, bytes, blocks] = ["ä", "b/c", "d"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  writeTogether([
    [text, "ä\n"],
    [bytes, Uint8Array.of(1, 2)],
    [
      blocks,
      [
        { offset: 0, bytes: Uint8Array.of(7) },
        { offset: 3, bytes: Uint8Array.of(8, 9) },
      ],
    ],
  ]);
  expect(readFileSync(text, "utf8")).toBe("ä\n");
  expect([...readFileSync(bytes)]).toEqual([1, 2]);
  expect([...readFileSync(blocks)]).toEqual([7, 0, 0, 8, 9]);
  expect(readdirSync(root).sort()).toEqual(["b", "d", "ä"]);
});

test("a file name may have the 255 bytes that a file system allows", () => {
  const path = join(root, "x".repeat(255));
  writeTogether([[path, "1"]]);
  expect(readFileSync(path, "utf8")).toBe("1");
});

test("a pipe or a link to a device is never replaced by a file", async () => {
  const [pipe, device] = [join(root, "pipe"), join(root, "device")];
  execFileSync("mkfifo", [pipe]);
  symlinkSync("/dev/null", device);
  for (const path of [pipe, device]) {
    expect(() => {
      writeTogether([
        [join(root, "first"), "1"],
        [path, "2"],
      ]);
    }).toThrow(UsageError);
    await expect(writeChecked([[path, "2"]], () => Promise.resolve())).rejects.toThrow(UsageError);
  }
  expect(readdirSync(root).sort()).toEqual(["device", "pipe"]);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});

test("a link to a file is replaced, and the file stays", () => {
  const [file, link] = [join(root, "file"), join(root, "link")];
  writeFileSync(file, "old");
  symlinkSync(file, link);
  writeTogether([[link, "new"]]);
  expect([file, link].map((path) => readFileSync(path, "utf8"))).toEqual(["old", "new"]);
});

test("if a rename fails, the old last file is gone and does not mark the group as complete", () => {
  const [first, last] = [join(root, "first"), join(root, "last")];
  mkdirSync(first);
  writeFileSync(last, "old");
  expect(() => {
    writeTogether([
      [first, "new"],
      [last, "new"],
    ]);
  }).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(root)).toEqual(["first"]);
});

test("temporary files of killed processes are removed after an hour, those of running processes are not", () => {
  const folder = join(root, "folder");
  mkdirSync(folder);
  const [dead, alive] = [join(folder, ".fullgrad-1-aa.tmp"), join(folder, ".fullgrad-2-bb.tmp")];
  for (const path of [dead, alive]) writeFileSync(path, "half");
  const yesterday = Date.now() / 1000 - 86_400;
  utimesSync(dead, yesterday, yesterday);
  writeTogether([[join(folder, "a"), "1"]]);
  expect([existsSync(dead), existsSync(alive)]).toEqual([false, true]);
});

test("concurrent writers of the same files do not interfere", async () => {
  const module = new URL("../../../dist/src/files/write-files.js", import.meta.url).href;
  const script = `
    const { writeTogether } = await import(${JSON.stringify(module)});
    const at = (name) => ${JSON.stringify(`${root}/`)} + name;
    for (let i = 0; i < 200; i++) writeTogether([[at("a"), "all of it"], [at("b"), "all of it"]]);`;
  const children = [0, 1, 2].map(() =>
    spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" }),
  );
  const codes = await Promise.all(children.map((child) => once(child, "close")));
  expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0]);
  expect(readdirSync(root).sort()).toEqual(["a", "b"]);
  expect(readFileSync(join(root, "b"), "utf8")).toBe("all of it");
});
