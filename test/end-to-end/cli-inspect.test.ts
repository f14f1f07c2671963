import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { model, node, floats } from "../unit/onnx/small-models.js";
import { efficientNet, fixture, fullgrad, temporaryFolder } from "./cli-harness.js";
import { writeModelFile } from "./cli-models.js";

interface Inspection {
  readonly operators: Record<string, number>;
  readonly biases: { readonly op: string; readonly kind: string; readonly batchNorm?: string }[];
  readonly layers: {
    readonly op: string;
    readonly shape: readonly (number | string)[];
    readonly isDefault: boolean;
  }[];
  readonly unsupported: { readonly node: string; readonly op: string; readonly opset: number }[];
  readonly explainable: boolean;
}

describe("fullgrad inspect", () => {
  test("lists the terms of the output as JSON", async () => {
    const { code, stdout, stderr } = await fullgrad("inspect", efficientNet, "--json");
    expect([code, stderr]).toEqual([0, ""]);
    const document = JSON.parse(stdout) as Inspection;
    expect(document).toMatchObject({
      model: efficientNet,
      inputs: [{ name: "input", dtype: "float32", shape: ["batch", 3, 224, 224] }],
      outputs: [{ name: "logits", shape: ["batch", 1000] }],
      ...{ unsupported: [], explainable: true },
    });
    const convolutions = document.biases.filter((b) => b.op === "Conv");
    expect(convolutions).toHaveLength(document.operators["Conv"]!);
    expect(convolutions.every((b) => b.batchNorm === "folded")).toBe(true);
    // Five strides of 2 on the way from 224: a layer of each size, and the one before the pooling is the default.
    expect(document.layers.map((l) => l.shape.slice(2))).toEqual(
      [112, 56, 28, 14, 7].map((side) => [side, side]),
    );
    expect(document.layers.map((l) => l.isDefault)).toEqual([false, false, false, false, true]);
    expect(document.layers.at(-1)).toMatchObject({ op: "Clip", shape: ["batch", 1280, 7, 7] });
  });

  test("prints a readable table, including unfolded BatchNormalizations", async () => {
    const { code, stdout } = await fullgrad(
      ...["inspect", fixture("networks", "densenet.legacy.onnx")],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^input {6}input {2}float32 \[batch,3,32,32\]$/m);
    expect(stdout.match(/BatchNormalization +batch-norm/g)).toHaveLength(6);
    expect(stdout).toContain("6 BatchNormalizations in the graph, terms of their own");
    expect(stdout).toMatch(/^layer for class activation maps/m);
    expect(stdout.match(/unless told otherwise$/gm)).toHaveLength(1);
    expect(stdout).toContain("This model can be explained.");
  });

  test("lists all unsupported nodes at once and exits with 3", async () => {
    const folder = temporaryFolder();
    const path = writeModelFile(
      folder,
      model(
        {
          node: [
            node("Frobnicate", ["x"], ["a"], { name: "warp", domain: "my.domain" }),
            node("Relu", ["a"], ["b"], { name: "relu" }),
            node("Wibble", ["b"], ["y"], { name: "wobble" }),
          ],
          input: [floats("x", "N", 3, 8, 8)],
          output: [floats("y", "N", 2)],
        },
        {
          opsetImport: [
            { domain: "", version: 17n },
            { domain: "my.domain", version: 2n },
          ],
        },
      ),
    );
    const json = await fullgrad("inspect", path, "--json");
    expect(json.code).toBe(3);
    const document = JSON.parse(json.stdout) as Inspection;
    expect(document.explainable).toBe(false);
    expect(document.unsupported).toMatchObject([
      { node: "warp", op: "my.domain:Frobnicate" },
      { node: "wobble", op: "Wibble", opset: 17 },
    ]);
    const { code, stdout } = await fullgrad("inspect", path);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^warp +my\.domain:Frobnicate/m);
    expect(stdout).toMatch(/^wobble +Wibble/m);
    expect(stdout).toContain("This model cannot be explained: 2 nodes stand in the way.");

    const out = join(folder, "out");
    const explained = await fullgrad("explain", path, fixture("images", "rgb.png"), "-o", out);
    expect(explained.code).toBe(3);
    expect(explained.stderr).toMatch(/2 nodes cannot be explained/);
    expect(explained.stderr).toMatch(/"warp"[^]*"wobble"/);
    expect(explained.stdout).toBe("");
  });
});
