import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { uniqueNames } from "../../../src/cli/unique-names.js";

describe("uniqueNames", () => {
  test.each<[paths: string[], names: string[]]>([
    [
      ["photos/cat.png", "photos/dog.jpg"],
      ["cat", "dog"],
    ],
    [
      ["cat.png", "cat.jpg"],
      ["cat.png", "cat.jpg"],
    ],
    [
      ["a/cat.png", "b/cat.png", "dog.png"],
      ["a-cat", "b-cat", "dog"],
    ],
    [
      ["a/cat.png", "a/cat.jpg", "b/cat.png"],
      ["a-cat", "cat.jpg", "b-cat"],
    ],
    [
      ["x/a/cat.png", "y/a/cat.png"],
      ["x-a-cat.png", "y-a-cat.png"],
    ],
    // Also where the file system ignores case.
    [
      ["a/Cat.png", "b/cat.png"],
      ["a-Cat", "b-cat"],
    ],
    // Samples of x.npy become x-0, x-1 …; ranks become x.top1 …
    [
      ["x.npy", "x-0.png"],
      ["x.npy", "x-0.png"],
    ],
    [
      ["x.png", "x.top1.png"],
      ["x.png", "x.top1.png"],
    ],
  ])("%j", (paths, names) => {
    expect(uniqueNames(paths)).toEqual(names);
  });

  test("ten thousand photographs take no time", () => {
    const paths = Array.from({ length: 10_000 }, (_, i) => `photos/IMG-${i}.png`);
    const start = process.cpuUsage();
    expect(uniqueNames([...paths, "more/IMG-7.png"])[7]).toBe("photos-IMG-7");
    expect(process.cpuUsage(start).user).toBeLessThan(2e6); // microseconds
  });

  test("no two names share a file, whatever the paths", () => {
    const part = fc.constantFrom("a", "A", "b", "a-0", "a-b", "..", "a.top1");
    const path = fc
      .tuple(fc.array(part, { maxLength: 3 }), fc.constantFrom(".png", ".npy", ""))
      .map(([parts, end]) => [...parts, `a${end}`].join("/"));
    fc.assert(
      fc.property(fc.uniqueArray(path, { minLength: 1, maxLength: 8 }), (paths) => {
        const names = uniqueNames(paths);
        const lower = names.map((name) => name.toLowerCase());
        expect(new Set(lower).size).toBe(paths.length);
        expect(names.every((name) => !/[\\/]/.test(name) && name !== "")).toBe(true);
        expect(uniqueNames(paths)).toEqual(names);
      }),
      { numRuns: 300 },
    );
  });
});

test("eight thousand folders with a picture of one name take no time", () => {
  const paths = Array.from({ length: 8000 }, (_, i) => `classes/n${i}/cat.png`);
  const start = process.cpuUsage();
  expect(uniqueNames(paths)[4711]).toBe("n4711-cat");
  expect(process.cpuUsage(start).user).toBeLessThan(1.5e6); // microseconds
});

test("a name leaves room for what comes behind it, whatever its script", () => {
  const paths = ["x".repeat(250), "é".repeat(125), "猫".repeat(83), "😀".repeat(62)].map(
    (stem) => `${stem}.png`,
  );
  for (const name of uniqueNames([...paths, ...paths.map((path) => `deeper/${path}`)])) {
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(220);
    expect(name).not.toContain("\ufffd");
  }
});
