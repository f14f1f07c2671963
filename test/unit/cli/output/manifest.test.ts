import { describe, expect, test } from "vitest";
import {
  batchNormCase,
  finished,
  largestTerms,
  type Provenance,
  type TermReport,
} from "../../../../src/cli/output/manifest.js";
import type { BiasReport } from "../../../../src/runtime/inspection-report.js";

const provenance: Provenance = {
  versions: { fullgrad: "1", onnxruntime: "2", tfjs: "4", node: "20" },
  model: { path: "m.onnx", sha256: "aa" },
  input: { path: "cat.png", sha256: "bb", sample: 3 },
  settings: { method: "fullgrad", target: "top", preprocessing: { mean: [1, 2] }, threads: null },
};

describe("finished", () => {
  const text = JSON.stringify({ ...provenance, target: 7 });

  test.each<[what: string, change: Partial<Provenance>]>([
    ["nothing", {}],
    ["Node", { versions: { ...provenance.versions, node: "22" } }],
    ["the model's name", { model: { ...provenance.model, path: "n.onnx" } }],
    ["the input's name", { input: { ...provenance.input, path: "dog.png" } }],
    ["threads", { settings: { ...provenance.settings, threads: 4 } }],
  ])("holds where %s changed", (_, change) => {
    expect(finished(text, { ...provenance, ...change })?.target).toBe(7);
  });

  test.each<[what: string, change: Partial<Provenance>]>([
    ["fullgrad", { versions: { ...provenance.versions, fullgrad: "1.1" } }],
    ["tfjs", { versions: { ...provenance.versions, tfjs: "5" } }],
    ["ONNX Runtime", { versions: { ...provenance.versions, onnxruntime: "3" } }],
    ["the model", { model: { ...provenance.model, sha256: "cc" } }],
    ["weights in other files", { model: { ...provenance.model, externalSha256: "cc" } }],
    ["the input", { input: { ...provenance.input, sha256: "cc" } }],
    ["the sample", { input: { ...provenance.input, sample: 4 } }],
    ["the target", { settings: { ...provenance.settings, target: "5" } }],
    [
      "preprocessing",
      { settings: { ...provenance.settings, preprocessing: { mean: [1, 2.000001] } } },
    ],
  ])("does not where %s did", (_, change) => {
    expect(finished(text, { ...provenance, ...change })).toBeUndefined();
  });

  test.each([undefined, "", "{", "null", "7", "[]", '{"model": 1}'])("does not for %j", (other) => {
    expect(finished(other, provenance)).toBeUndefined();
  });
});

test("largestTerms puts what is not finite first", () => {
  const terms = [1, -5, NaN, 3, Infinity].map((value): TermReport => {
    return { node: String(value), op: "Conv", kind: "input", value, spatial: true };
  });
  expect(largestTerms(terms, 4).map((t) => t.node)).toEqual(["NaN", "Infinity", "-5", "3"]);
});

describe("batchNormCase", () => {
  const conv = (batchNorm: "folded" | "unknown"): BiasReport => {
    return {
      node: "c",
      op: "Conv",
      kind: "input",
      shape: ["N", 1, 2, 2],
      spatial: true,
      batchNorm,
    };
  };
  const norm: BiasReport = { ...conv("folded"), op: "BatchNormalization", kind: "batch-norm" };

  test("says how many blocks are one term and how many are two", () => {
    const { batchNorm, ...alone } = norm;
    expect(batchNorm).toBe("folded");
    const found = batchNormCase([conv("folded"), conv("folded"), conv("unknown"), alone]);
    expect(found).toMatchObject({ folded: 2, notFolded: 0, unknown: 1, separate: 1 });
    expect(found.note).toBe(
      "2 convolutions with a BatchNormalization folded in, one combined term each " +
        "(the same as two where the convolution had no bias of its own); " +
        "1 BatchNormalization in the graph, a term of its own; " +
        "1 convolution with unknown folding",
    );
    expect(batchNormCase([]).note).toBe("no BatchNormalization");
  });
});
