import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OutputFolder } from "../../../../src/cli/output/output-folder.js";
import { UsageError } from "../../../../src/errors.js";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fullgrad-output-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe("OutputFolder", () => {
  test("comes into being with the first files", () => {
    const path = join(root, "new", "folder");
    const folder = new OutputFolder(path);
    expect(readdirSync(root)).toEqual([]);
    folder.write([
      ["a.npy", Uint8Array.of(1, 2)],
      ["a.json", "{}"],
    ]);
    expect(readdirSync(path)).toEqual(["a.json", "a.npy"]);
    expect([...readFileSync(join(path, "a.npy"))]).toEqual([1, 2]);
    expect([folder.has("a.json"), folder.has("b.json")]).toEqual([true, false]);
    expect([folder.read("a.json"), folder.read("b.json")]).toEqual(["{}", undefined]);
  });

  test("leaves nothing where a file cannot be written", () => {
    const folder = new OutputFolder(root);
    writeFileSync(join(root, "file"), "");
    expect(() => {
      folder.write([
        ["a.npy", "1"],
        ["file/b.npy", "2"],
        ["a.json", "3"],
      ]);
    }).toThrow(/EEXIST|ENOTDIR/);
    expect(readdirSync(root)).toEqual(["file"]);
  });

  test("takes the old manifest away before new files take their positions", () => {
    const folder = new OutputFolder(root);
    writeFileSync(join(root, "a.json"), "old");
    mkdirSync(join(root, "a.npy")); // in the way, so that the second step fails
    expect(() => {
      folder.write([
        ["a.npy", "new"],
        ["a.json", "new"],
      ]);
    }).toThrow();
    expect(readdirSync(root)).toEqual(["a.npy"]);
  });

  test("is no file", () => {
    writeFileSync(join(root, "file"), "");
    expect(() => new OutputFolder(join(root, "file"))).toThrow(UsageError);
  });
});
