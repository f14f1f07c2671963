import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/image/codec.js";
import { sheetLayout } from "../../src/draw/sheet-layout.js";
import { methods } from "../../src/methods/all.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import { relativeL2 } from "../support/compare.js";
import {
  filesIn,
  fixture,
  fullgrad,
  readJson,
  temporaryFolder,
  tinyInput,
  tinyRelu,
} from "./cli-harness.js";
import { twoClasses, writeModelFile } from "./cli-models.js";

interface Result {
  readonly input: string;
  readonly sample?: number;
  readonly rank?: number;
  readonly target: number;
  readonly score: number;
  readonly methods: readonly { readonly method: string; readonly problem?: string }[];
  readonly parts?: readonly { readonly name: string; readonly value: number }[];
}

interface Document {
  readonly pages: readonly string[];
  readonly layers?: readonly string[];
  readonly results: readonly Result[];
  readonly same: readonly {
    readonly image: string;
    readonly method: string;
    readonly pairs: readonly { readonly similarity: number }[];
  }[];
  readonly failures?: readonly { readonly input: string }[];
}

const chelsea = fixture("images", "chelsea.png");
const coffee = fixture("images", "coffee.png");
const few = ["--methods", "fullgrad,gradient-x-input"];

/** A small, fast network for pictures. */
const small = (folder: string): string => writeModelFile(folder, twoClasses({ size: [16, 16] }));

async function compareJson(...argv: string[]): Promise<{ code: number; document: Document }> {
  const { code, stdout } = await fullgrad("compare", ...argv, "--json");
  return { code, document: JSON.parse(stdout) as Document };
}

describe("a comparison as a picture", () => {
  test("is one sheet with a row for each image and a column for each method", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "out", "sheet.png");
    const { code, document } = await compareJson(
      ...[small(folder), chelsea, coffee, "-o", out, ...few, "--cell", "64"],
    );
    expect(code).toBe(0);
    expect(document.pages).toEqual([out]);
    expect(filesIn(join(folder, "out"))).toEqual(["sheet.png"]);
    expect(document.results.map((r) => r.input)).toEqual([chelsea, coffee]);
    for (const result of document.results) {
      expect(result.methods.map((m) => m.method)).toEqual(["fullgrad", "gradient-x-input"]);
    }
    const sheet = await decodeImage(readFileSync(out), out);
    const layout = sheetLayout({ methods: 2, rows: 2, captionLines: 3, cell: 64, shared: false });
    expect([sheet.width, sheet.height]).toEqual([layout.width, layout.height]);
  });

  test("shows the same scores as explain", async () => {
    const folder = temporaryFolder();
    const model = small(folder);
    const { document } = await compareJson(model, chelsea, "-o", join(folder, "a.png"), ...few);
    const { stdout } = await fullgrad("explain", model, chelsea, "-o", join(folder, "e"), "--json");
    const [explained] = (JSON.parse(stdout) as { results: Result[] }).results;
    expect(document.results[0]).toMatchObject({
      target: explained!.target,
      score: explained!.score,
    });
  });

  test("of a folder spans several sheets", async () => {
    const folder = temporaryFolder();
    const photos = join(folder, "photos");
    mkdirSync(photos);
    for (let i = 0; i < 13; i++) copyFileSync(chelsea, join(photos, `${i}.png`));
    // Five classes are two here: 13 images make 26 rows, and a sheet of one band holds 24.
    const { document } = await compareJson(
      ...[small(folder), photos, "-o", join(folder, "g.png"), "--methods", "gradient"],
      ...["--target", "top5", "--cell", "32"],
    );
    expect(filesIn(folder).filter((name) => name.endsWith(".png"))).toEqual([
      "g-001.png",
      "g-002.png",
    ]);
    expect(document.pages).toEqual(["g-001.png", "g-002.png"].map((name) => join(folder, name)));
    expect(document.results).toHaveLength(26);
    expect(document.results.map((r) => r.rank)).toEqual(
      Array.from({ length: 26 }, (_, i) => (i % 2) + 1),
    );
  });

  test("shows the terms by depth on a separate sheet", async () => {
    const folder = temporaryFolder();
    const { document } = await compareJson(
      ...[small(folder), chelsea, "-o", join(folder, "a.png"), "--methods", "fullgrad", "--layers"],
    );
    expect(document.layers).toEqual([join(folder, "a.layers-chelsea.png")]);
    const [{ score, parts }] = document.results as [Result];
    expect(parts!.map((part) => part.name)).toEqual(["input", "conv"]);
    const sum = parts!.reduce((total, part) => total + part.value, 0);
    expect(Math.abs(sum - score)).toBeLessThan(1e-5);
  });
});

describe("a comparison as a page", () => {
  async function page(): Promise<{ folder: string; document: Document; html: string }> {
    const folder = temporaryFolder();
    const out = join(folder, "p.html");
    const { document } = await compareJson(tinyRelu, tinyInput, "-o", out, ...few, "--layers");
    return { folder, document, html: readFileSync(out, "utf8") };
  }

  test("has the raw arrays beside it, equal to PyTorch's FullGrad", async () => {
    const { folder } = await page();
    const expected = decodeNpy(readFileSync(fixture("networks", "tiny-relu", "map.npy")));
    const size = expected.data.length / 2;
    for (const n of [0, 1]) {
      const map = decodeNpy(readFileSync(join(folder, "p.maps", `input-${n}.fullgrad.npy`)));
      expect(map.dims).toEqual([8, 8]);
      const wanted = Array.from(expected.data as Float64Array).slice(n * size, (n + 1) * size);
      expect(relativeL2(map, wanted)).toBeLessThan(1e-5);
    }
  });

  test("links them by the names of existing files", async () => {
    const { folder, html } = await page();
    const links = Array.from(html.matchAll(/href="([^"]*\.npy)"/g), ([, href]) => href!);
    expect(links).toHaveLength(4);
    for (const link of links) {
      expect(existsSync(join(folder, decodeURIComponent(link))), link).toBe(true);
    }
  });

  test("lists the terms of each score, equal to PyTorch's", async () => {
    const { document, html } = await page();
    const golden = readJson(fixture("networks", "tiny-relu", "golden.json")) as unknown as {
      inputTerm: number[];
      units: { sum: number[] }[];
    };
    document.results.forEach(({ parts }, n) => {
      const wanted = [golden.inputTerm[n]!, ...golden.units.map((u) => u.sum[n]!)];
      expect(parts!).toHaveLength(wanted.length);
      parts!.forEach(({ value }, i) => {
        expect(value).toBeCloseTo(wanted[i]!, 5);
      });
    });
    expect(html.match(/<svg/g)).toHaveLength(2);
  });
});

describe("classes that a method cannot distinguish", () => {
  test("are reported with their similarity", async () => {
    const folder = temporaryFolder();
    // Two classes that look at the same filter: their maps are the same.
    const model = writeModelFile(
      folder,
      twoClasses({ size: [16, 16], weight: (i) => Math.sin(i % 27), bias: [0.5, 0.4] }),
    );
    const argv = [model, chelsea, "-o", join(folder, "a.png"), "--target", "top5"];
    const { document } = await compareJson(...argv, "--methods", "gradient-x-input,random");
    expect(document.same).toHaveLength(1);
    expect(document.same[0]).toMatchObject({ image: "chelsea.png", method: "gradient-x-input" });
    expect(document.same[0]!.pairs[0]!.similarity).toBeGreaterThan(0.99);
    const { stderr } = await fullgrad("compare", ...argv, "--methods", "gradient-x-input");
    expect(stderr).toMatch(
      /warning: chelsea\.png: gradient-x-input gives .* nearly the same map \(correlation (1\.000|0\.99\d)\)/,
    );
  });

  test("are not reported if their maps differ", async () => {
    const folder = temporaryFolder();
    const { document } = await compareJson(
      ...[small(folder), chelsea, "-o", join(folder, "a.png"), "--target", "top5"],
      ...["--methods", "gradient-x-input"],
    );
    expect(document.same).toEqual([]);
  });
});

describe("the selection of methods", () => {
  test("may contain every method", async () => {
    const folder = temporaryFolder();
    const { code, document } = await compareJson(
      ...[small(folder), chelsea, "-o", join(folder, "a.png"), "--methods", "all", "--cell", "32"],
    );
    expect(code).toBe(0);
    expect(document.results[0]!.methods.map((m) => m.method)).toEqual(methods.map((m) => m.name));
    const refused = document.results[0]!.methods.filter((m) => m.problem !== undefined);
    expect(refused.map((m) => m.method)).toEqual(["legrad", "attention-rollout"]);
    for (const { problem } of refused) expect(problem).toContain("needs attention");
  });

  test("includes the baselines by default", async () => {
    const folder = temporaryFolder();
    const { document } = await compareJson(
      small(folder),
      chelsea,
      "-o",
      join(folder, "a.png"),
      "--cell",
      "32",
    );
    const names = document.results[0]!.methods.map((m) => m.method);
    expect(names).toEqual(expect.arrayContaining(["fullgrad", "random", "edge", "centre-blur"]));
  });

  test.each([
    [["-o", "a.jpg"], /name a \.png or an \.html file/],
    [
      ["-o", "a.png", "--methods", "fulgrad"],
      /no method "fulgrad" \(did you mean "fullgrad"\?\); there are fullgrad, /,
    ],
    [["-o", "a.png", "--methods", ","], /name methods, as in a,b,c/],
    [["-o", "a.png", "--opacity", "2"], /must be a number from 0 to 1/],
    [["-o", "a.png", "--colormap", "jet"], /Allowed choices are inferno/],
    [["-o", "a.png", "--cell", "5"], /32 to 2048/],
    [[], /required option '-o/],
  ])("and makes no sense as %j is wrong usage", async (argv, message) => {
    const { code, stderr } = await fullgrad("compare", tinyRelu, chelsea, ...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test("may not be written into the image folder", async () => {
    const folder = temporaryFolder();
    copyFileSync(chelsea, join(folder, "a.png"));
    const { code, stderr } = await fullgrad(
      "compare",
      tinyRelu,
      folder,
      "-o",
      join(folder, "b.png"),
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/results would be taken for inputs/);
  });
});

test("an unreadable image is reported, and the others are compared", async () => {
  const folder = temporaryFolder();
  const { code, document } = await compareJson(
    ...[
      small(folder),
      fixture("images", "README.md"),
      chelsea,
      "-o",
      join(folder, "a.png"),
      ...few,
    ],
  );
  expect(code).toBe(1);
  expect(document.failures!.map((f) => f.input)).toEqual([fixture("images", "README.md")]);
  expect(document.results.map((r) => r.input)).toEqual([chelsea]);
  expect(existsSync(join(folder, "a.png"))).toBe(true);
});
