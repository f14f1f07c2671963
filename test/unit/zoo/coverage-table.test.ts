import { describe, expect, test } from "vitest";
import {
  failedRow,
  measuredRow,
  quoteOf,
  summary,
  unexportedRow,
  type Measured,
} from "../../../fixtures/zoo/coverage-table.js";
import type { ZooRow } from "../../../fixtures/zoo/zoo-manifest.js";

const row = (name: string, exporter: ZooRow["exporter"]): ZooRow => ({
  name,
  exporter,
  model: "m.onnx",
  input: "",
  logits: "",
  inputGradient: "",
  targets: [3],
  float32Errors: [2e-6],
  operators: { Conv: 2, Relu: 1 },
  error: null,
});

const measured: Measured = {
  logits: 1e-7,
  conditioned: 1e-7,
  inRegion: 2e-5,
  regions: {
    key: "",
    elements: 2_000_000,
    flips: [1],
    distances: [2e-7],
    worst: ["relu_7"],
    float32Errors: [1e-5],
    error: null,
  },
  direct: [3e-3],
};

const verdict = (more: Partial<Measured>, map?: number): string =>
  measuredRow(row("net", "dynamo"), { ...measured, ...more }, map).verdict;

describe("a row of the coverage table", () => {
  test("does not hold where a direction disagrees with the exported file", () => {
    const found = { key: "", agree: 3, inconclusive: 1, worst: 0.4, seconds: 2 };
    const agreeing = measuredRow(
      row("net", "dynamo"),
      { ...measured, directions: { ...found, disagree: 0 } },
      undefined,
    );
    expect(agreeing.verdict).toBe("holds");
    expect(agreeing.cells).toContain("3 of 4, 0.4");
    expect(verdict({ directions: { ...found, disagree: 1 } })).toBe("does not hold");
    expect(verdict({ directions: { ...found, disagree: 0, error: "refused" } })).toBe(
      "does not hold",
    );
  });

  test("holds up to three times PyTorch's own float32 error", () => {
    expect(verdict({})).toBe("holds");
    expect(verdict({ inRegion: 3.1e-5 })).toBe("does not hold");
    const precise = { ...measured.regions, float32Errors: [1e-7] };
    expect(verdict({ inRegion: 9e-6, regions: precise })).toBe("holds");
    expect(verdict({ inRegion: 1.1e-5, regions: precise })).toBe("does not hold");
  });

  test("does not hold with a wrong sum, a far flip or different maps, and says so", () => {
    expect(verdict({ conditioned: 2e-4 })).toBe("does not hold");
    expect(verdict({}, 2e-3)).toBe("does not hold");
    const far = { ...measured.regions, distances: [1e-2] };
    const { cells } = measuredRow(row("net", "legacy"), { ...measured, regions: far }, undefined);
    expect(cells.at(-1)).toMatch(/\*\*no\*\*: .*relu_7.*1\.0e-2/);
  });

  test("quotes the innermost exception of the dynamo exporter without its advice", () => {
    const said =
      "ConversionError: Failed to convert. This is step 3/3\n\n## Exception summary\n\n" +
      "<class 'AssertionError'>: only 4D query, key, and value are supported\n⬆️\n" +
      "<class 'torch.onnx._internal.exporter._errors.GraphConstructionError'>: Error when calling";
    expect(quoteOf(said)).toBe('"AssertionError: only 4D query, key, and value are supported"');
    expect(quoteOf("SymbolicValueError: no Unfold  [Caused by the value '343'] \n at")).toBe(
      '"SymbolicValueError: no Unfold"',
    );
  });
});

test("a family is covered where both exporters wrote a network of it that holds", () => {
  const families = {
    networks: [
      { name: "a1", source: "timm", family: "a" },
      { name: "a2", source: "timm", family: "a" },
      { name: "b1", source: "timm", family: "b" },
    ],
    torchvision: [],
    timm: ["a", "b", "c"],
  };
  const rows = [
    measuredRow(row("a1", "legacy"), measured, undefined),
    failedRow(row("a1", "dynamo"), "no rule"),
    measuredRow(row("a2", "dynamo"), measured, undefined),
    measuredRow(row("b1", "legacy"), measured, undefined),
    unexportedRow({ ...row("b1", "dynamo"), model: null, error: "no" }),
  ];
  const said = summary(rows, families);
  expect(said).toContain("timm: 1 of its 3 families");
  expect(said).toContain("3 of 4 exported files hold (75.0 %)");
  expect(said).toContain("not holding: a1 (dynamo)");
  expect(said).toContain("not exported: b1 (dynamo)");
});
