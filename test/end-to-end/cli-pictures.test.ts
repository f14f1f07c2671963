import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { colorsOf } from "../../src/draw/colormap.js";
import { decodeImage, encodePng } from "../../src/image/codec.js";
import type { Raster } from "../../src/image/raster.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import { toNumbers } from "../../src/tensor/tensor.js";
import { filesIn, fullgrad, temporaryFolder } from "./cli-harness.js";
import { twoClasses, writeModelFile } from "./cli-models.js";

/** A grey picture with a bright square in its middle. */
function square(width: number, height: number, level: number): Raster {
  const data = new Uint8Array(width * height * 3).fill(60);
  for (let y = Math.floor(height / 3); y < (2 * height) / 3; y++) {
    const row = y * width;
    data.fill(level, (row + Math.floor(width / 3)) * 3, (row + Math.floor((2 * width) / 3)) * 3);
  }
  return { width, height, data };
}

let model: string;
let wide: string;
let dim: string;
let small: string;

beforeAll(async () => {
  const { mkdtempSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const folder = mkdtempSync(join(tmpdir(), "fullgrad-pictures-"));
  model = writeModelFile(folder, twoClasses({ size: [16, 16] }));
  const save = async (name: string, picture: Raster): Promise<string> => {
    writeFileSync(join(folder, name), await encodePng(picture));
    return join(folder, name);
  };
  wide = await save("wide.png", square(300, 200, 250));
  dim = await save("dim.png", square(300, 200, 90));
  small = await save("small.png", square(32, 24, 250));
  writeFileSync(join(folder, "model.preprocess.json"), '{"mean": 0.5, "std": 0.25}');
});

/** Explains with flags; the pictures by name. */
async function explained(inputs: readonly string[], ...flags: string[]) {
  const out = join(temporaryFolder(), "out");
  const run = await fullgrad("explain", model, ...inputs, "-o", out, "--quiet", "--json", ...flags);
  expect([run.code, run.stderr]).toEqual([0, ""]);
  const document = JSON.parse(run.stdout) as {
    results: readonly object[];
    aggregates?: readonly object[];
  };
  const picture = (name: string): Promise<Raster> =>
    decodeImage(readFileSync(join(out, name)), name);
  const map = (name: string): readonly number[] =>
    toNumbers(decodeNpy(readFileSync(join(out, name)), name)) as number[];
  return { out, document, picture, map, files: filesIn(out) };
}

/** How far a pixel is from grey. */
function color({ width, data }: Raster, x: number, y: number): number {
  const [red, green, blue] = data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3);
  return Math.max(red!, green!, blue!) - Math.min(red!, green!, blue!);
}

describe("--picture-size", () => {
  test("the whole picture by default: coloured where the network looks, grey elsewhere", async () => {
    const over = await (await explained([wide])).picture("wide.overlay.png");
    expect([over.width, over.height]).toEqual([300, 200]);
    // Resize 18 (short side) and crop 16: the middle 178 of 300 pixels.
    const [inside, outside] = [color(over, 150, 100), color(over, 20, 100)];
    expect(inside).toBeGreaterThan(40);
    expect(outside).toBeLessThan(3);
  });

  test("a small picture is enlarged, and its pixels stay squares", async () => {
    const over = await (await explained([small])).picture("small.overlay.png");
    expect([over.width, over.height]).toEqual([256, 192]);
    for (let at = 0; at < over.data.length; at += 3) {
      const [x, y] = [(at / 3) % 256, Math.floor(at / 3 / 256)];
      const corner = ((y - (y % 8)) * 256 + x - (x % 8)) * 3;
      if (over.data[at] !== over.data[corner])
        expect.fail(`pixel ${x}, ${y} is not that of its square`);
    }
  });

  test.each<[size: string, expected: readonly number[]]>([
    ["input", [16, 16]],
    ["original", [300, 200]],
    ["60", [60, 40]],
    ["600", [600, 400]],
  ])("%s", async (size, expected) => {
    const over = await (
      await explained([wide], "--picture-size", size)
    ).picture("wide.overlay.png");
    expect([over.width, over.height]).toEqual(expected);
  });
});

test("--caption and --scale-bar stand below the picture, and leave it as it is", async () => {
  const plain = await (await explained([wide])).picture("wide.overlay.png");
  const described = await (
    await explained([wide], "--caption", "--scale-bar")
  ).picture("wide.overlay.png");
  expect(described.width).toBe(300);
  expect(described.height).toBeGreaterThan(240);
  expect(described.data.subarray(0, plain.data.length)).toEqual(plain.data);
});

test("--transparent: a heat map of the overlay's size with an alpha channel", async () => {
  const { out } = await explained([wide], "--transparent");
  const header = readFileSync(join(out, "wide.heatmap.png")).subarray(16, 26);
  expect([header.readUInt32BE(0), header.readUInt32BE(4), header[9]]).toEqual([300, 200, 6]);
});

test("--scale shared: the highest colour is that of the highest map alone", async () => {
  const brightest = Buffer.from(colorsOf("inferno").subarray(-3));
  const hasBrightest = ({ data }: Raster): boolean => {
    for (let at = 0; at < data.length; at += 3) {
      if (brightest.equals(data.subarray(at, at + 3))) return true;
    }
    return false;
  };
  const target = ["--target", "0", "--method", "simple-fullgrad"];
  const own = await explained([wide, dim], ...target);
  const shared = await explained([wide, dim], ...target, "--scale", "shared");
  const seen = async (run: typeof own): Promise<boolean[]> => [
    hasBrightest(await run.picture("wide.heatmap.png")),
    hasBrightest(await run.picture("dim.heatmap.png")),
  ];
  expect(await seen(own)).toEqual([true, true]);
  expect((await seen(shared)).filter(Boolean)).toHaveLength(1);
  expect(shared.map("dim.map.npy")).toEqual(own.map("dim.map.npy"));
});

describe("several targets", () => {
  test("a repeated --target: files for each, as from runs of their own", async () => {
    const both = await explained([wide, dim], "--target", "0", "--target", "1", "--batch", "4");
    expect(both.document.results).toMatchObject([
      { target: 0 },
      { target: 1 },
      { target: 0 },
      { target: 1 },
    ]);
    for (const target of [0, 1]) {
      const one = await explained([wide], "--target", String(target));
      const map = both.map(`wide.target-${target}.map.npy`);
      one.map("wide.map.npy").forEach((value, i) => {
        expect(Math.abs(value - map[i]!)).toBeLessThanOrEqual(1e-5 * Math.abs(value) + 1e-6);
      });
    }
    const again = await fullgrad(
      "explain",
      model,
      wide,
      dim,
      "-o",
      both.out,
      "--target",
      "0",
      "--target",
      "1",
    );
    expect(again.stdout.match(/done before/g)).toHaveLength(4);
  });

  test("--target-file: a class for each picture; a picture without a line fails", async () => {
    const table = join(temporaryFolder(), "targets.csv");
    writeFileSync(table, 'picture,target\nwide.png,1\n"dim.png","0"\n');
    const { document, files } = await explained([wide, dim], "--target-file", table);
    expect(document.results).toMatchObject([{ target: 1 }, { target: 0 }]);
    expect(files).toContain("wide.overlay.png");
    const out = join(temporaryFolder(), "out");
    const { code, stderr } = await fullgrad(
      "explain",
      model,
      small,
      "-o",
      out,
      "--target-file",
      table,
    );
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/small\.png: --target-file .* has no line for it/),
    ]);
  });
});

describe("--aggregate", () => {
  const mean = (...maps: (readonly number[])[]): number[] =>
    maps[0]!.map((_, i) => Math.fround(maps.reduce((sum, map) => sum + map[i]!, 0) / maps.length));

  test("mean: of all maps", async () => {
    const run = await explained([wide, dim, small], "--target", "0", "--aggregate", "mean");
    const maps = ["wide", "dim", "small"].map((name) => run.map(`${name}.map.npy`));
    expect(run.map("aggregate.mean-16x16.map.npy")).toEqual(mean(...maps));
    expect(run.document.aggregates).toMatchObject([{ count: 3 }]);
  });

  test("by-class: of the maps of each class", async () => {
    const flags = ["--target", "0", "--target", "1", "--aggregate", "by-class"];
    const run = await explained([wide, dim], ...flags);
    const maps = ["wide", "dim"].map((name) => run.map(`${name}.target-1.map.npy`));
    expect(run.map("aggregate.class-1-16x16.map.npy")).toEqual(mean(...maps));
    expect(run.document.aggregates).toMatchObject([
      { target: 0, count: 2 },
      { target: 1, count: 2 },
    ]);
  });
});
