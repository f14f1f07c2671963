import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/image/codec.js";
import { decodeNpy, encodeNpy } from "../../src/tensor/npy.js";
import { fromNumbers, toNumbers } from "../../src/tensor/tensor.js";
import { relativeL2 } from "../support/compare.js";
import {
  efficientNet,
  filesIn,
  fixture,
  fullgrad,
  readJson,
  runWith,
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
  readonly label: string | null;
  readonly score: number;
  readonly probability?: number;
  readonly files: Record<string, string>;
  readonly completeness: { readonly output: number; readonly conditioned: number };
  readonly complete: boolean;
  readonly skipped?: boolean;
}

interface Document {
  readonly results: readonly Result[];
  readonly failures?: readonly { readonly input: string; readonly error: string }[];
}

const images = ["chelsea.png", "coffee.png", "rocket.jpg"].map((name) => fixture("images", name));

async function explainJson(...argv: string[]): Promise<{ code: number; document: Document }> {
  const { code, stdout } = await fullgrad("explain", ...argv, "--json");
  return { code, document: JSON.parse(stdout) as Document };
}

describe("photographs on EfficientNet-lite0", () => {
  test("have PyTorch's classes and probabilities, and add up", async () => {
    const out = join(temporaryFolder(), "out");
    const { code, document } = await explainJson(efficientNet, ...images, "-o", out);
    expect(code).toBe(0);
    expect(document.failures).toBeUndefined();
    const golden = readJson(fixture("efficientnet-lite0", "probabilities.json")) as unknown as {
      images: { top: { class: number; probability: number }[] }[];
    };
    expect(document.results).toHaveLength(3);
    for (const [i, result] of document.results.entries()) {
      const top = golden.images[i]!.top[0]!;
      expect(result.target).toBe(top.class);
      expect(Math.abs(result.probability! - top.probability)).toBeLessThan(0.01);
      expect(result.completeness.conditioned).toBeLessThanOrEqual(1e-5);
    }
    expect(document.results.map((r) => r.label)).toEqual(["tiger cat", "espresso", "missile"]);
    expect(filesIn(out)).toEqual(
      ["chelsea", "coffee", "rocket"].flatMap((name) =>
        ["heatmap.png", "json", "map.npy", "overlay.png"].map((end) => `${name}.${end}`),
      ),
    );
    const map = decodeNpy(readFileSync(join(out, "coffee.map.npy")));
    expect([map.dtype, ...map.dims]).toEqual(["float32", 224, 224]);
    const picture = await decodeImage(readFileSync(join(out, "coffee.overlay.png")), "overlay");
    // The whole photograph, not the square that the network sees.
    expect([picture.width, picture.height]).toEqual([600, 400]);
  });

  test("have a readable summary line and a machine-readable manifest", async () => {
    const out = join(temporaryFolder(), "out");
    const { stdout, stderr } = await fullgrad("explain", efficientNet, images[0]!, "-o", out);
    expect(stdout).toMatch(
      /^chelsea\.png → 282 tiger cat \(39\.\d %\), score 9\.\d+, remainder \de-\d, \d+\.\d\d s → \S+chelsea\.overlay\.png\n$/,
    );
    expect(stderr).toMatch(
      /^preprocessing: \S+efficientnet-lite0\.preprocess\.json \(beside the model\)\n$/,
    );
    const manifest = readJson(join(out, "chelsea.json"));
    expect(manifest).toMatchObject({
      versions: { fullgrad: "0.1.0", node: process.versions.node },
      input: { path: images[0] },
      settings: {
        ...{ method: "fullgrad", methodSettings: { convention: "head" } },
        ...{ target: "top", versus: null, quantity: "score", output: "logits" },
        preprocessing: { resample: "bicubic", crop: { height: 224, width: 224 } },
        ...{ labels: "imagenet", backend: "ort", provider: "cpu", threads: null, batch: 1 },
      },
      ...{ target: 282, label: "tiger cat", probabilityFrom: "softmax", complete: true },
      batchNorm: { folded: 49, separate: 0 },
    });
    expect(manifest["top5"]).toHaveLength(5);
    expect(manifest["largestTerms"]).toHaveLength(10);
    expect(manifest["model"]).toMatchObject({
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  test("explain the class named by a label", async () => {
    const out = join(temporaryFolder(), "out");
    const { document } = await explainJson(
      ...[efficientNet, images[0]!, "-o", out, "--target", "EGYPTIAN"],
    );
    expect(document.results).toMatchObject([{ target: 285, label: "Egyptian cat" }]);
  });
});

describe("pictures", () => {
  test("are drawn in the requested colours, and redrawn if these change", async () => {
    const out = join(temporaryFolder(), "out");
    const corner = async (...argv: string[]): Promise<number[]> => {
      const { document } = await explainJson(tinyRelu, tinyInput, "-o", out, ...argv);
      expect(document.results.map((r) => r.skipped ?? false)).toEqual([false, false]);
      const map = Array.from(toNumbers(decodeNpy(readFileSync(join(out, "input-0.map.npy")))));
      const lowest = map.indexOf(Math.min(...map));
      const picture = await decodeImage(readFileSync(join(out, "input-0.heatmap.png")), "heatmap");
      return [...picture.data.subarray(lowest * 3, lowest * 3 + 3)];
    };
    expect(await corner()).toEqual([0, 0, 4]); // inferno
    expect(await corner("--colormap", "viridis")).toEqual([68, 1, 84]);
    expect(await corner("--colormap", "turbo")).toEqual([48, 18, 59]);
  });

  test("of a signed method are blue and red, around zero", async () => {
    const out = join(temporaryFolder(), "out");
    await explainJson(tinyRelu, tinyInput, "-o", out, "--method", "gradient-x-input");
    const values = Array.from(toNumbers(decodeNpy(readFileSync(join(out, "input-0.map.npy")))));
    const picture = await decodeImage(readFileSync(join(out, "input-0.heatmap.png")), "heatmap");
    const limit = Math.max(...values.map(Math.abs));
    values.forEach((value, i) => {
      const [red, , blue] = picture.data.subarray(i * 3, i * 3 + 3);
      if (Math.abs(value) > 0.1 * limit) expect(red! > blue!).toBe(value > 0);
    });
  });

  test("over a photograph fade with the opacity", async () => {
    const out = join(temporaryFolder(), "out");
    const model = writeModelFile(temporaryFolder(), twoClasses({ size: [8, 8] }));
    const mean = async (opacity: string): Promise<number> => {
      await explainJson(model, images[0]!, "-o", out, "--opacity", opacity);
      const { data } = await decodeImage(readFileSync(join(out, "chelsea.overlay.png")), "overlay");
      const saturations = Array.from({ length: data.length / 3 }, (_, i) => {
        const pixel = data.subarray(i * 3, i * 3 + 3);
        return Math.max(...pixel) - Math.min(...pixel);
      });
      return saturations.reduce((a, b) => a + b) / saturations.length;
    };
    expect(await mean("1")).toBeGreaterThan(2 * (await mean("0")));
  });
});

test("classes with nearly the same map are reported with their similarity", async () => {
  // Both classes look at the same filter.
  const same = twoClasses({ size: [8, 8], weight: (i) => Math.sin(i % 27), bias: [0.5, 0.5] });
  const model = writeModelFile(temporaryFolder(), same);
  const out = join(temporaryFolder(), "out");
  const { stderr } = await fullgrad("explain", model, images[0]!, "-o", out, "--target", "top5");
  expect(stderr).toMatch(
    /warning: chelsea: fullgrad gives class \d and class \d nearly the same map \(correlation 1\.000\)/,
  );
});

describe("a .npy file", () => {
  test("is the unprocessed input: the maps are PyTorch's", async () => {
    const out = join(temporaryFolder(), "out");
    const { code, document } = await explainJson(tinyRelu, tinyInput, "-o", out);
    expect(code).toBe(0);
    expect(document.results).toMatchObject([
      { sample: 0, target: 7, label: null },
      { sample: 1, target: 7, label: null },
    ]);
    expect(filesIn(out)).toEqual(
      [0, 1].flatMap((i) => ["heatmap.png", "json", "map.npy"].map((end) => `input-${i}.${end}`)),
    );
    const golden = decodeNpy(readFileSync(fixture("networks", "tiny-relu", "map_units.npy")));
    const maps = [0, 1].map((i) => decodeNpy(readFileSync(join(out, `input-${i}.map.npy`))));
    expect(maps[0]!.dims).toEqual([8, 8]);
    const both = maps.flatMap((m) => Array.from(toNumbers(m)));
    expect(relativeL2(both, toNumbers(golden))).toBeLessThan(1e-5);
  });

  test("has an attribution beside its map: the gradient is PyTorch's, and its channels add up to the map", async () => {
    const out = join(temporaryFolder(), "out");
    const argv = [tinyRelu, tinyInput, "-o", out, "--method", "gradient"];
    const { document } = await explainJson(...argv);
    const read = (path: string) => decodeNpy(readFileSync(path));
    const golden = toNumbers(read(fixture("networks", "tiny-relu", "input_gradient.npy")));
    const numbers = document.results.flatMap(({ files }) => {
      const [attribution, map] = [read(files["attribution"]!), read(files["map"]!)];
      expect([attribution.dtype, attribution.dims]).toEqual(["float32", [3, 8, 8]]);
      const [values, sums] = [toNumbers(attribution), toNumbers(map)];
      for (let p = 0; p < 64; p++) {
        const sum = [0, 1, 2].reduce((all, c) => all + Math.abs(values[c * 64 + p]!), 0);
        expect(sums[p]).toBeCloseTo(sum, 5);
      }
      return Array.from(values);
    });
    expect(relativeL2(numbers, golden)).toBeLessThan(1e-5);

    rmSync(join(out, "input-1.attribution.npy"));
    const again = await explainJson(...argv);
    expect(again.document.results.map((r) => r.skipped ?? false)).toEqual([true, false]);
    expect(filesIn(out)).toContain("input-1.attribution.npy");
    expect(readJson(join(out, "input-1.json"))).toMatchObject({
      files: { attribution: "input-1.attribution.npy" },
    });
  });

  test("may hold one sample, in float64", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "one.npy");
    const x = decodeNpy(readFileSync(tinyInput));
    const half = Array.from(toNumbers(x)).slice(0, 3 * 64);
    writeFileSync(path, encodeNpy(fromNumbers("float64", [3, 8, 8], half)));
    const out = join(folder, "out");
    const { code, document } = await explainJson(tinyRelu, path, "-o", out);
    expect(code).toBe(0);
    expect(document.results).toHaveLength(1);
    expect(document.results[0]!.score).toBeCloseTo(1.8556313923245507, 5);
    expect(filesIn(out)).toEqual(["one.heatmap.png", "one.json", "one.map.npy"]);
  });

  test("gives the same result in batches", async () => {
    const folder = temporaryFolder();
    const runs = await Promise.all(
      ["1", "2"].map((batch) =>
        explainJson(tinyRelu, tinyInput, "-o", join(folder, batch), "--batch", batch),
      ),
    );
    const [one, two] = runs.map(({ document }) => document.results.map((r) => r.score));
    expect(one).toEqual(two);
  });

  test("with the convention of 2019 has PyTorch's maps of 2019, which depend on the batch", async () => {
    const out = join(temporaryFolder(), "out");
    const flags = [tinyRelu, tinyInput, "-o", out, "--convention", "paper2019", "--batch", "2"];
    await explainJson(...flags);
    const golden = decodeNpy(readFileSync(fixture("networks", "tiny-relu", "map_paper2019.npy")));
    const maps = [0, 1].map((i) => decodeNpy(readFileSync(join(out, `input-${i}.map.npy`))));
    const both = maps.flatMap((m) => Array.from(toNumbers(m)));
    expect(relativeL2(both, toNumbers(golden))).toBeLessThan(1e-5);
    const { document } = await explainJson(...flags);
    expect(document.results.map((r) => r.skipped)).toEqual([undefined, undefined]);
  });
});

describe("targets", () => {
  test("top5 explains five classes, the best first", async () => {
    const out = join(temporaryFolder(), "out");
    const { document } = await explainJson(tinyRelu, tinyInput, "-o", out, "--target", "top5");
    const { results } = document;
    expect(results.map((r) => [r.sample, r.rank])).toEqual(
      [0, 1].flatMap((sample) => [1, 2, 3, 4, 5].map((rank) => [sample, rank])),
    );
    const logits = Array.from(
      toNumbers(decodeNpy(readFileSync(fixture("networks", "tiny-relu", "logits.npy")))),
    ).slice(0, 10);
    const best = logits.map((_, i) => i).sort((a, b) => logits[b]! - logits[a]!);
    expect(results.slice(0, 5).map((r) => r.target)).toEqual(best.slice(0, 5));
    for (const result of results.slice(0, 5)) {
      expect(result.score).toBeCloseTo(logits[result.target]!, 5);
      expect(result.complete).toBe(true);
    }
    expect(filesIn(out)).toContain("input-0.top5.map.npy");
    expect(filesIn(out)).toHaveLength(30);
    const again = await explainJson(tinyRelu, tinyInput, "-o", out, "--target", "top5");
    expect(again.document.results.every((r) => r.skipped)).toBe(true);
    expect(again.document.results.map((r) => r.target)).toEqual(results.map((r) => r.target));
  });

  test("a number explains that class", async () => {
    const out = join(temporaryFolder(), "out");
    const { document } = await explainJson(tinyRelu, tinyInput, "-o", out, "--target", "3");
    expect(document.results.map((r) => r.target)).toEqual([3, 3]);
  });

  test("a user's labels name the classes", async () => {
    const folder = temporaryFolder();
    const labels = join(folder, "labels.txt");
    writeFileSync(labels, "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n");
    const out = join(folder, "out");
    const { document } = await explainJson(
      ...[tinyRelu, tinyInput, "-o", out, "--labels", labels, "--target", "seven"],
    );
    expect(document.results[0]).toMatchObject({ target: 7, label: "seven" });
  });
});

describe("a second run", () => {
  test("skips finished results and computes the others", async () => {
    const out = join(temporaryFolder(), "out");
    const flags = [tinyRelu, tinyInput, "-o", out];
    const first = await explainJson(...flags);
    const before = statSync(join(out, "input-0.map.npy")).mtimeMs;
    rmSync(join(out, "input-1.heatmap.png"));
    const second = await explainJson(...flags, "--batch", "7", "--threads", "1");
    expect(second.document.results.map((r) => r.skipped ?? false)).toEqual([true, false]);
    expect(statSync(join(out, "input-0.map.npy")).mtimeMs).toBe(before);
    expect(filesIn(out)).toContain("input-1.heatmap.png");
    const scores = (d: Document) => d.results.map((r) => [r.input, r.sample, r.target, r.score]);
    expect(scores(second.document)).toEqual(scores(first.document));
  });

  test.each([
    ["another convention", ["--convention", "paper2019"]],
    ["a setting of the method", ["--set", "convention=paper2019"]],
    ["something to compare with", ["--versus", "2"]],
    ["another quantity", ["--quantity", "log-probability"]],
    ["another target", ["--target", "1"]],
  ])("with %s makes all anew", async (_, flags) => {
    const out = join(temporaryFolder(), "out");
    await fullgrad("explain", tinyRelu, tinyInput, "-o", out);
    const { document } = await explainJson(tinyRelu, tinyInput, "-o", out, ...flags);
    expect(document.results.map((r) => r.skipped)).toEqual([undefined, undefined]);
  });

  test("detects that an input or model file has changed", async () => {
    const folder = temporaryFolder();
    const picture = join(folder, "p.png");
    const out = join(folder, "out");
    copyFileSync(fixture("images", "rgb.png"), picture);
    let model = writeModelFile(folder, twoClasses({}));
    const skipped = async () =>
      (await explainJson(model, picture, "-o", out)).document.results.map((r) => r.skipped);
    expect(await skipped()).toEqual([undefined]);
    expect(await skipped()).toEqual([true]);
    copyFileSync(fixture("images", "rgba.png"), picture);
    expect(await skipped()).toEqual([undefined]);
    model = writeModelFile(folder, twoClasses({ bias: [1, 2] }));
    expect(await skipped()).toEqual([undefined]);
    writeFileSync(join(out, "p.json"), "{ not json");
    expect(await skipped()).toEqual([undefined]);
  });
});

describe("weights in another file", () => {
  test("count as the model", async () => {
    const folder = temporaryFolder();
    const picture = fixture("images", "rgb.png");
    const data = join(folder, "weights.bin");
    const proto = twoClasses({});
    const external = proto.graph!.initializer!.map((t) =>
      t.name === "w"
        ? {
            ...{ name: "w", dataType: 1, dims: t.dims!, dataLocation: 1 },
            externalData: [{ key: "location", value: "weights.bin" }],
          }
        : t,
    );
    const model = writeModelFile(folder, {
      ...proto,
      graph: { ...proto.graph, initializer: external },
    });
    const explained = async (weight: number) => {
      writeFileSync(data, new Uint8Array(new Float32Array(54).fill(weight).buffer));
      const { document } = await explainJson(model, picture, "-o", join(folder, "out"));
      return document.results[0]!;
    };
    const first = await explained(0.5);
    expect((await explained(0.5)).skipped).toBe(true);
    const second = await explained(1);
    expect(second.skipped).toBeUndefined();
    expect(second.score).not.toBe(first.score);
  });
});

describe("folders and names", () => {
  test("folders are searched recursively; equal names are prefixed by their folders", async () => {
    const folder = temporaryFolder();
    const model = writeModelFile(folder, twoClasses({}));
    const photos = join(folder, "photos");
    for (const name of ["a/cat.png", "b/cat.png", "b/.hidden.png", ".git/x.png", "b/notes.txt"]) {
      mkdirSync(join(photos, name, ".."), { recursive: true });
      copyFileSync(fixture("images", "rgb.png"), join(photos, name));
    }
    copyFileSync(fixture("images", "orientation-6.jpg"), join(photos, "dog.JPG"));
    const out = join(photos, "results");
    const run = () => explainJson(model, photos, join(photos, "dog.JPG"), "-o", out);
    const { code, document } = await run();
    expect(code).toBe(0);
    expect(document.results.map((r) => r.input)).toEqual(
      ["a/cat.png", "b/cat.png", "dog.JPG"].map((name) => join(photos, name)),
    );
    expect(filesIn(out).filter((name) => name.endsWith(".json"))).toEqual([
      "a-cat.json",
      "b-cat.json",
      "dog.json",
    ]);
    // The results lie in the folder that is searched, and are not taken for inputs.
    expect((await run()).document.results.map((r) => r.skipped)).toEqual([true, true, true]);
  });

  test("one bad image does not stop the others", async () => {
    const folder = temporaryFolder();
    const bad = join(folder, "bad.png");
    writeFileSync(bad, "not a picture");
    const model = writeModelFile(folder, twoClasses({}));
    const good = fixture("images", "rgb.png");
    const out = join(folder, "out");
    const missing = join(folder, "missing.png");
    const { code, stdout, stderr } = await fullgrad(
      ...["explain", model, missing, bad, good, "-o", out, "--json"],
    );
    expect(code).toBe(1);
    const document = JSON.parse(stdout) as Document;
    expect(document.results.map((r) => r.input)).toEqual([good]);
    expect(document.failures?.map((f) => f.input)).toEqual([missing, bad]);
    expect(stderr).toContain("2 of 3 inputs failed");
    expect(stderr).toMatch(/missing\.png: there is no such file/);
    expect(stderr).toMatch(/bad\.png is not in a supported picture format/);
    expect(filesIn(out).every((name) => name.startsWith("rgb."))).toBe(true);
  });
});

describe("models that leave height and width open", () => {
  const open = twoClasses({ size: ["H", "W"] });

  test("take the output size of the preprocessing, or --size", async () => {
    const folder = temporaryFolder();
    const model = writeModelFile(folder, open);
    writeFileSync(
      join(folder, "preprocessor_config.json"),
      JSON.stringify({
        ...{ size: { height: 12, width: 20 }, image_mean: [0.5, 0.5, 0.5] },
        image_std: [0.5, 0.5, 0.5],
      }),
    );
    const picture = fixture("images", "rgb.png");
    const sizeIn = async (name: string, ...flags: string[]) => {
      const out = join(folder, name);
      const { stderr } = await fullgrad("explain", model, picture, "-o", out, ...flags);
      expect(stderr).toMatch(/preprocessing: /);
      return decodeNpy(readFileSync(join(out, "rgb.map.npy"))).dims;
    };
    expect(await sizeIn("config")).toEqual([12, 20]);
    expect(await sizeIn("size", "--size", "16x24")).toEqual([16, 24]);
    expect(await sizeIn("imagenet", "--preprocess", "imagenet")).toEqual([224, 224]);
    const { width, height } = await decodeImage(readFileSync(picture), "rgb");
    expect(await sizeIn("none", "--preprocess", "none")).toEqual([height, width]);
  });
});

describe("numbers that are not finite", () => {
  test("exit with code 4, with the map but without pictures", async () => {
    const folder = temporaryFolder();
    const model = writeModelFile(folder, twoClasses({ weight: () => Infinity }));
    const out = join(folder, "out");
    const picture = fixture("images", "rgb.png");
    const { code, stdout, stderr } = await fullgrad("explain", model, picture, "-o", out);
    expect(code).toBe(4);
    expect(stdout).toContain("DOES NOT ADD UP");
    expect(stderr).toContain("1 of 1 explanations do not add up");
    expect(stderr).toMatch(/Conv "conv"/);
    expect(stderr).toMatch(/the map has the value (NaN|Infinity) at row 0, column 0/);
    expect(filesIn(out)).toEqual(["rgb.json", "rgb.map.npy"]);
    const again = await fullgrad("explain", model, picture, "-o", out);
    expect(again.code).toBe(4);
  });
});

describe("standard error", () => {
  const tiny = ["explain", tinyRelu, tinyInput, fixture("networks", "tiny-silu", "input.npy")];

  test("shows a progress bar on a terminal, for more than one input", async () => {
    const folder = temporaryFolder();
    const many = await runWith({ isTTY: true }, ...tiny, "-o", join(folder, "a"));
    expect(many.stderr).toMatch(/\[#{12}\.{12}\] 1\/2 /);
    expect(many.stdout).not.toContain("\r");
    const one = await runWith({ isTTY: true }, ...tiny.slice(0, 3), "-o", join(folder, "b"));
    expect(one.stderr).toBe("");
    const quiet = await runWith({ isTTY: true }, ...tiny, "-o", join(folder, "c"), "--quiet");
    expect(quiet.stderr).not.toContain("[#");
  });

  test("has neither bar nor notes in a pipe with --quiet", async () => {
    const out = join(temporaryFolder(), "out");
    const { stderr } = await fullgrad("explain", tinyRelu, tinyInput, "-o", out, "--quiet");
    expect(stderr).toBe("");
  });
});
