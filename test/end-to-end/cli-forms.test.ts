import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeNpy, encodeNpy } from "../../src/tensor/npy.js";
import { formPath } from "../support/forms.js";
import { floats, ints, model, node } from "../unit/onnx/small-models.js";
import { fullgrad, readJson, temporaryFolder } from "./cli-harness.js";
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
    ["tree", /none of the words that are known; class@x,y/],
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

  test("takes the others from --feed, and says so in the manifest", async () => {
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

  test("explains the one that --input-name names", async () => {
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

  test("has another output that needs none of that", async () => {
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

  test("are listed, and do no harm", async () => {
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
