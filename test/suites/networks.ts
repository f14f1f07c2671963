import { explain } from "../../src/methods/core/explain.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.js";
import { Session, type FullGradientResult } from "../../src/runtime/session.js";
import { sliceBatch } from "../../src/tensor/batches.js";
import { fullgrad } from "../../src/methods/full-gradients/fullgrad.js";
import { registry } from "../../src/ops/all.js";
import { toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { relativeL2, sumsPerSample } from "../support/compare.js";
import {
  exporters,
  golden,
  goldenTensor,
  network,
  networkNames,
  type Exporter,
  type Golden,
} from "../support/networks.js";

/** Networks for which the reference code uses other terms than the ONNX file, with the reason. */
const withoutReferenceMap: Readonly<Record<string, string>> = {
  "vgg11-bn": "a convolution's bias and its BatchNormalization's are two terms there",
  googlenet: "constants added to the image are not terms there",
  "mobilenet-v2": "activations are not terms there",
  "efficientnet-lite": "activations are not terms there",
  "tiny-silu": "activations and gates are not terms there",
};

/** Every network agrees with PyTorch's float64 numbers, from both exporters. */
export function networksAgreeWithPyTorch(backend: Backend): void {
  for (const name of networkNames) {
    for (const exporter of exporters) {
      describe(`${name} by the ${exporter} exporter on ${backend.name}`, () => {
        agreesWithPyTorch(backend, name, exporter);
      });
    }
  }
}

function agreesWithPyTorch(backend: Backend, name: string, exporter: Exporter): void {
  const expected = golden(name);
  const x = goldenTensor(name, "input.npy");
  let session: Session;
  let full: FullGradientResult;

  beforeAll(async () => {
    session = new Session(await network(name, exporter), registry, backend);
    full = await session.fullGradient(x, "top");
  });
  afterAll(async () => {
    await session.dispose();
  });

  it("computes the same logits and chooses the same class", async () => {
    const logits = await session.predict(x);
    expect(relativeL2(logits, goldenTensor(name, "logits.npy"))).toBeLessThan(5e-6);
    expect(full.samples.map((s) => s.target)).toEqual(expected.target);
  });

  it("has the same input gradient", () => {
    const floor = Math.max(1e-5, 3 * expected.inputGradientFloat32Error);
    const gradient = goldenTensor(name, "input_gradient.npy");
    expect(relativeL2(full.inputGradient, gradient)).toBeLessThan(floor);
  });

  it("adds up", () => {
    for (const { completeness } of full.samples) {
      expect(completeness.conditioned).toBeLessThan(1e-5);
    }
  });

  it("has the same terms, unit by unit", () => {
    expectSameTerms(full, expected, exporter);
  });

  it("has no further terms", () => {
    const known = new Set(expected.units.flatMap((u) => u.nodes[exporter]));
    const largest = Math.max(...expected.units.flatMap((u) => u.absoluteSum));
    const others = full.biasTerms.filter(({ unit }) => !known.has(unit.node));
    for (const { unit, term } of others) {
      expect(absoluteSum(term), unit.node).toBeLessThan(1e-6 * largest);
    }
  });

  it.each([
    ["head", "map_units.npy"],
    ["paper2019", "map_paper2019.npy"],
  ] as const)("has the same FullGrad map (%s)", async (convention, file) => {
    const { map } = await explain(session, x, fullgrad, "top", { settings: { convention } });
    expect(relativeL2(map, goldenTensor(name, file))).toBeLessThan(1e-5);
  });

  it("has the map of the reference code, if that has the same terms", async () => {
    const { map } = await explain(session, x, fullgrad, "top");
    const same = relativeL2(map, goldenTensor(name, "map.npy")) < 1e-5;
    expect(same).toBe(!(name in withoutReferenceMap));
  });

  it("explains a sample identically alone and in a batch", async () => {
    const together = await explain(session, x, fullgrad, "top");
    for (const n of [0, 1]) {
      const alone = await explain(session, sliceBatch(x, [n]), fullgrad, "top");
      expect(relativeL2(alone.map, sliceBatch(together.map, [n]))).toBeLessThan(1e-5);
      const [a, b] = [alone.samples[0]!, together.samples[n]!];
      const difference = a.completeness!.biasTerm - b.completeness!.biasTerm;
      expect(Math.abs(difference) / a.completeness!.mass).toBeLessThan(1e-5);
    }
  });

  const tensors = expected.units.filter((u) => u.tensor !== undefined);
  if (tensors.length === 0) return;
  it("has the same terms elementwise", () => {
    for (const unit of tensors) {
      const found = full.biasTerms.filter((t) => unit.nodes[exporter].includes(t.unit.node));
      expect(found, unit.name).toHaveLength(1);
      const { term } = found[0]!;
      expect(relativeL2(term, goldenTensor(name, unit.tensor!)), unit.name).toBeLessThan(1e-4);
    }
  });
}

/** Sums are compared relative to the sum of absolute values. */
function expectSameTerms(full: FullGradientResult, expected: Golden, exporter: Exporter): void {
  for (const unit of expected.units) {
    const parts = full.biasTerms.filter((t) => unit.nodes[exporter].includes(t.unit.node));
    expect(parts.length, unit.name).toBeGreaterThan(0);
    const perPart = parts.map((p) => sumsPerSample(p.term));
    unit.sum.forEach((sum, n) => {
      const ours = perPart.reduce((total, sums) => total + sums[n]!, 0);
      const error = Math.abs(ours - sum) / unit.absoluteSum[n]!;
      expect(error, `${unit.name}, sample ${n}`).toBeLessThan(1e-5);
    });
    if (parts.length === 1) expect(parts[0]!.unit.spatial, unit.name).toBe(unit.spatial);
  }
  full.samples.forEach(({ completeness }, n) => {
    const { output, inputTerm, mass } = completeness;
    expect(Math.abs(output - expected.output[n]!) / mass).toBeLessThan(1e-5);
    expect(Math.abs(inputTerm - expected.inputTerm[n]!) / mass).toBeLessThan(1e-5);
  });
}

function absoluteSum(t: Tensor): number {
  return Array.from(toNumbers(t)).reduce((p, v) => p + Math.abs(v), 0);
}
