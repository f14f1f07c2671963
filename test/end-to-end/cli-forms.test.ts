import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodePng } from "../../src/image/codec.js";
import { decodeNpy, encodeNpy } from "../../src/tensor/npy.js";
import { fromNumbers } from "../../src/tensor/tensor.js";
import { formPath } from "../support/forms.js";
import { floats, ints, model, node } from "../unit/onnx/small-models.js";
import { fixture, fullgrad, readJson, temporaryFolder } from "./cli-harness.js";
import { explain, file, golden, refused } from "./cli-forms.js";
import { writeModelFile } from "./cli-models.js";

interface Inspected {
  readonly input: { readonly name: string };
  readonly output: { readonly name: string; readonly shape: readonly unknown[] };
  readonly explainable: boolean;
  readonly unsupported: readonly { readonly op: string; readonly needed: boolean }[];
  readonly instead?: readonly { readonly name: string; readonly targets: string }[];
}

describe("targets of other outputs than rows of classes", () => {
  test("a pixel of a map, with a manifest in its words", async () => {
    const { results } = await explain("segmentation", "--target", "2@13,7");
    const at = golden("segmentation", "scores.npy");
    results.forEach(({ target, score }, n) => {
      expect(target).toBe("2@13,7");
      expect(score).toBeCloseTo(at(((n * 4 + 2) * 16 + 7) * 20 + 13), 5);
    });
    expect(readJson(results[0]!.files.manifest)).toMatchObject({
      ...{ target: "2@13,7", label: null, top5: [], complete: true },
      settings: { target: "2@13,7", output: "scores" },
    });
  });

  test("the mean of a class over a mask, of a .npy file or a PNG, weighs PyTorch's scores", async () => {
    const folder = temporaryFolder();
    const weights = Array.from({ length: 16 * 20 }, (_, i) => (i % 7 === 3 ? 255 : 0));
    const [array, picture] = [join(folder, "mask.npy"), join(folder, "a@b.png")];
    writeFileSync(array, encodeNpy(fromNumbers("bool", [16, 20], weights.map(Math.sign))));
    const data = Uint8Array.from(weights.flatMap((w) => [w, w, w]));
    writeFileSync(picture, await encodePng({ width: 20, height: 16, data }));
    const at = golden("segmentation", "scores.npy");
    const meanOf = (n: number) => {
      const inside = weights.flatMap((w, i) => (w > 0 ? [at((n * 4 + 2) * 320 + i)] : []));
      return inside.reduce((sum, v) => sum + v, 0) / inside.length;
    };
    for (const path of [array, picture]) {
      const target = `mask:${path}@2`;
      const { results } = await explain("segmentation", "--target", target);
      results.forEach((result, n) => {
        expect(result.target).toBe(target);
        expect(result.score).toBeCloseTo(meanOf(n), 5);
      });
    }
    const against = await explain(
      ...(["segmentation", "--target", `2@0,0`, "--versus", `mask:${array}@2`] as const),
    );
    expect(against.results[0]!.score).toBeCloseTo(at(2 * 320) - meanOf(0), 5);
  });

  test("a changed mask is explained again, an unchanged one is not", async () => {
    const folder = temporaryFolder();
    const mask = join(folder, "mask.npy");
    const run = async (last: number) => {
      const weights = Array.from({ length: 320 }, (_, i) => (i === 319 ? last : 1));
      writeFileSync(mask, encodeNpy(fromNumbers("uint8", [16, 20], weights)));
      const { stdout } = await fullgrad(
        ...["explain", file("segmentation"), formPath("segmentation", "input.npy"), "--json"],
        ...["-o", join(folder, "out"), "--target", `mask:${mask}@0`],
      );
      const { results } = JSON.parse(stdout) as { results: { skipped?: boolean }[] };
      return results.every((r) => r.skipped === true);
    };
    expect([await run(1), await run(1), await run(0)]).toEqual([false, true, false]);
  });

  test.each([
    ["mask:nowhere.npy@1", /--target mask:nowhere.npy@1: cannot read the mask "nowhere.npy"/],
    ["mask:MASK", /\[N,4,16,20\]: name the class, @0 to @3/],
    ["mask:MASK@9", /classes are 0 to 3/],
    ["mask:MASK@", /write mask:FILE@CLASS/],
    ["mask:SMALL@1", /the mask is \[2,2\], but the output has \[16,20\]/],
    ["mask:JPEG@1", /JPEG changes pixels/],
    ["mask:TEXT@1", /--target mask:.*not in a supported picture format/],
  ])("%s is refused", async (target, expected) => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, "MASK.npy"),
      encodeNpy(
        fromNumbers(
          "uint8",
          [16, 20],
          Array.from({ length: 320 }, () => 1),
        ),
      ),
    );
    writeFileSync(join(folder, "SMALL.npy"), encodeNpy(fromNumbers("uint8", [2, 2], [1, 1, 1, 1])));
    writeFileSync(join(folder, "TEXT.png"), "text");
    copyFileSync(fixture("images", "rocket.jpg"), join(folder, "JPEG.jpg"));
    const named = target.replace(/MASK|SMALL|TEXT|JPEG/, (name) =>
      join(folder, `${name}.${{ TEXT: "png", JPEG: "jpg" }[name] ?? "npy"}`),
    );
    const [code, message] = await refused(
      ...["explain", file("segmentation"), formPath("segmentation", "input.npy")],
      ...["-o", temporaryFolder(), "--target", named],
    );
    expect(code).toBe(2);
    expect(message).toMatch(expected);
  });

  test("the evidence against a single output value, called the output", async () => {
    const argv = [
      "explain",
      file("binary"),
      formPath("binary", "input.npy"),
      "--method",
      "grad-cam",
    ];
    const at = golden("binary", "logits.npy");
    const forIt = await fullgrad(...argv, "-o", join(temporaryFolder(), "out"));
    expect(forIt.stdout).toMatch(/→ the output, score /);
    const out = join(temporaryFolder(), "out");
    const againstIt = await fullgrad(...argv, "-o", out, "--target", "against");
    expect(againstIt.stdout).toMatch(/→ against the output, score /);
    const { results } = await explain("binary", "--target", "against");
    results.forEach(({ score, target }, n) => {
      expect(target).toBe("against");
      expect(score).toBeCloseTo(-at(n), 5);
    });
    const [code, message] = await refused(...argv, "-o", out, "--versus", "0");
    expect(code).toBe(2);
    expect(message).toMatch(
      /target and versus are both the output, so their difference is 0; "against" explains/,
    );
    expect((await refused(...argv, "-o", out, "--target", "1"))[1]).toMatch(
      /the model's output is a single number; top, 0 or against would work/,
    );
  });

  test("the label of the class that they are about", async () => {
    const labels = join(temporaryFolder(), "labels.txt");
    writeFileSync(labels, "road\nsky\ntree\ncar\n");
    const { results } = await explain("segmentation", "--target", "3@", "--labels", labels);
    expect(results[0]!.label).toBe("car");
  });

  test("a row and class of a detector", async () => {
    const { results } = await explain("detector", "--target", "box:5,class:2");
    const at = golden("detector", "scores.npy");
    expect(results[1]!.score).toBeCloseTo(at((24 + 5) * 3 + 2), 5);
  });

  test("a single number for each sample", async () => {
    for (const [form, name] of [
      ["regression", "value.npy"],
      ["binary", "logits.npy"],
    ] as const) {
      const { results } = await explain(form);
      expect(results.map((r) => r.target)).toEqual([0, 0]);
      results.forEach(({ score }, n) => {
        expect(score).toBeCloseTo(golden(form, name)(n), 5);
      });
    }
  });

  test.each([
    ["top", /--target top: output "scores" is \[batch,4,16,20\].*class@x,y.*outputs: "scores"/],
    ["9@1,1", /"9@1,1" does not fit .*classes are 0 to 3, the map is 20 wide and 16 high/],
    ["box:1,class:2", /3 indices are needed, not 2/],
    ["tree", /unrecognised target expression; class@x,y/],
  ])("%s is refused where it does not fit", async (target, expected) => {
    const [code, message] = await refused(
      ...["explain", file("segmentation"), formPath("segmentation", "input.npy")],
      ...["-o", temporaryFolder(), "--target", target],
    );
    expect(code).toBe(2);
    expect(message).toMatch(expected);
  });
});

describe("a model with several inputs", () => {
  const feeds = ["side", "gain"].flatMap((name) => [
    "--feed",
    `${name}=${formPath("two-inputs", `${name}.npy`)}`,
  ]);

  test("takes the others from --feed, and records it in the manifest", async () => {
    for (const batch of ["1", "2"]) {
      const { results } = await explain("two-inputs", ...feeds, "--batch", batch);
      const at = golden("two-inputs", "logits.npy");
      results.forEach(({ target, score }, n) => {
        expect(score).toBeCloseTo(at(n * 5 + Number(target)), 5);
      });
      expect(readJson(results[0]!.files.manifest)["settings"]).toMatchObject({
        input: "image",
        feeds: [{ name: "side" }, { name: "gain" }],
      });
    }
  });

  test("explains the input given by --input-name", async () => {
    const image = join(temporaryFolder(), "image.npy");
    const all = decodeNpy(readFileSync(formPath("two-inputs", "input.npy")));
    writeFileSync(image, encodeNpy(all));
    const { code, stdout } = await fullgrad(
      ...["verify", file("two-inputs"), "--input-name", "side"],
      ...["--input", formPath("two-inputs", "side.npy"), "--json"],
      ...["--feed", `image=${image}`, ...feeds.slice(2)],
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ complete: true });
  });

  test.each<[flags: string[], message: RegExp]>([
    [[], /needs values for "side" \[batch,4\], "gain" \[\] beside "image".*--feed NAME=FILE\.npy/],
    [["--feed", "nope=x.npy"], /--feed nope=x\.npy: .*"side", "gain"/],
    [["--feed", "side"], /--feed side: write NAME=FILE\.npy/],
    [
      ["--feed", "side=nowhere.npy"],
      /--feed side=nowhere\.npy: nowhere\.npy: there is no such file/,
    ],
    [
      ["--feed", `side=${formPath("two-inputs", "input.npy")}`],
      /"side" takes \[batch,4\], not \[2,3,16,16\]/,
    ],
    [
      ["--input-name", "nope"],
      /--input-name nope: no input "nope"; the model has "image", "side", "gain"/,
    ],
  ])("%j", async (flags, expected) => {
    const [code, message] = await refused(
      ...["explain", file("two-inputs"), formPath("two-inputs", "input.npy")],
      ...["-o", temporaryFolder(), ...flags],
    );
    expect(code).toBe(2);
    expect(message).toMatch(expected);
  });
});

describe("a detector that ends in a selection", () => {
  test.each([
    ["legacy", "boxes", "Gather"],
    ["dynamo", "kept", "NonMaxSuppression"],
    ["legacy", "rows", "TopK"],
  ])(
    "%s: %s is refused; the values before it are named and can be explained",
    async (exporter, output, op) => {
      const path = file("detector-tail", exporter);
      const { code, stdout } = await fullgrad("inspect", path, "--output", output, "--json");
      expect(code).toBe(3);
      const { unsupported, instead } = JSON.parse(stdout) as Inspected;
      expect(unsupported.map((hole) => hole.op)).toContain(op);
      expect(instead!.map((value) => value.targets)).toContain("box:i,class:j or i,j");
      const run = [
        "explain",
        path,
        formPath("detector-tail", "input.npy"),
        "-o",
        temporaryFolder(),
      ];
      const [refusal, message] = await refused(...run, "--output", output);
      expect(refusal).toBe(3);
      expect(message).toMatch(
        /These values can be explained; name one as the output \(--output\):/,
      );
      for (const { name } of instead!) {
        expect(message).toContain(`"${name}" [1,24,`);
        const explained = await fullgrad(...run, "--output", name, "--target", "box:3,class:1");
        expect(explained.code).toBe(0);
      }
    },
  );

  test("has another output without the selection", async () => {
    const { results } = await explain("detector-tail", "--output", "values");
    expect(results[0]!.score).toBeCloseTo(golden("detector-tail", "values.npy")(0), 5);
  });
});

describe("operators that the chosen output does not need", () => {
  const proto = model({
    node: [
      node("Conv", ["x", "w"], ["c"], { attribute: [ints("kernel_shape", 8n, 8n)] }),
      node("Flatten", ["c"], ["y"]),
      node("Frobnicate", ["c"], ["odd"], { name: "odd", domain: "my.domain" }),
    ],
    initializer: [
      {
        name: "w",
        dataType: 1,
        dims: BigInt64Array.of(2n, 1n, 8n, 8n),
        floatData: new Float32Array(128).fill(0.1),
      },
    ],
    input: [floats("x", "N", 1, 8, 8)],
    output: [floats("y", "N", 2), floats("odd", "N", 2)],
  });

  test("are listed and do not prevent the explanation", async () => {
    const path = writeModelFile(temporaryFolder(), proto);
    const { code, stdout } = await fullgrad("inspect", path, "--json");
    expect(code).toBe(0);
    const { explainable, unsupported } = JSON.parse(stdout) as Inspected;
    expect(explainable).toBe(true);
    expect(unsupported).toMatchObject([{ op: "my.domain:Frobnicate", needed: false }]);
    expect((await fullgrad("verify", path)).code).toBe(0);
    const odd = await fullgrad("inspect", path, "--output", "odd", "--json");
    expect(odd.code).toBe(3);
    expect((JSON.parse(odd.stdout) as Inspected).instead).toMatchObject([{ name: "c" }]);
  });
});
