import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.js";
import { sliceBatch } from "../../src/tensor/batches.js";
import { Session } from "../../src/runtime/session.js";
import type { TypedGraph } from "../../src/onnx/ir.js";
import { registry } from "../../src/ops/all.js";
import { float32, toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { relativeL2 } from "../support/compare.js";
import { exporters, goldenTensor, network } from "../support/networks.js";
import { Random } from "../support/random.js";

/**
 * Weak dependence (Srinivas & Fleuret 2019, definition 2): in one linear region of a ReLU network the full-gradient
 * does not depend on the input.
 */
export function fullGradientsDependWeakly(backend: Backend): void {
  describe(`in one linear region of a ReLU network, on ${backend.name}`, () => {
    const fixture = goldenTensor("tiny-relu", "input.npy");
    it.each(exporters)("two images have one full-gradient (fixture, %s)", async (exporter) => {
      const graph = await network("tiny-relu", exporter);
      await expectOneFullGradient(backend, graph, fixture);
    });

    it.each(exporters)("an image and its neighbour have one (%s)", async (exporter) => {
      const graph = await network("tiny-relu", exporter);
      const pair = await neighbours(backend, graph, sliceBatch(fixture, [0]));
      await expectOneFullGradient(backend, graph, pair);
    });
  });
}

async function expectOneFullGradient(
  backend: Backend,
  graph: TypedGraph,
  pair: Tensor,
): Promise<void> {
  const [here, there] = await activePatterns(backend, graph, pair);
  expect(there).toEqual(here);
  expect(relativeL2(sliceBatch(pair, [1]), sliceBatch(pair, [0]))).toBeGreaterThan(1e-4);

  const session = new Session(graph, registry, backend);
  const { inputGradient, biasTerms, samples } = await session.fullGradient(pair, 0);
  const halves = (t: Tensor): [Tensor, Tensor] => [sliceBatch(t, [0]), sliceBatch(t, [1])];
  expect(relativeL2(...halves(inputGradient))).toBeLessThan(1e-6);
  expect(biasTerms.length).toBeGreaterThan(0);
  for (const { unit, term } of biasTerms) {
    expect(relativeL2(...halves(term)), unit.node).toBeLessThan(1e-6);
  }
  for (const { completeness } of samples) expect(completeness.conditioned).toBeLessThan(1e-5);
  const [first, second] = samples.map((s) => s.score);
  expect(first).not.toBe(second);
  await session.dispose();
}

/** An image and a neighbour with the same signs before every Relu and the same maxima in every MaxPool. */
async function neighbours(backend: Backend, graph: TypedGraph, x: Tensor): Promise<Tensor> {
  const numbers = Array.from(toNumbers(x));
  const moves = new Random(7).many(numbers.length, -1, 1);
  for (let size = 0.1; size > 1e-5; size /= 2) {
    const moved = numbers.map((v, i) => v + size * moves[i]!);
    const pair = float32([2, ...x.dims.slice(1)], [...numbers, ...moved]);
    const [here, there] = await activePatterns(backend, graph, pair);
    if (here === there) return pair;
  }
  throw new Error("no neighbour lies in the same linear region");
}

/** For each of two samples, the side of every Relu, as text. */
async function activePatterns(
  backend: Backend,
  graph: TypedGraph,
  pair: Tensor,
): Promise<readonly string[]> {
  const kinks = graph.nodes.filter((n) => n.op === "Relu").map((n) => n.inputs[0]!);
  expect(kinks.length).toBeGreaterThan(0);
  expect(graph.nodes.map((n) => n.op)).not.toContain("MaxPool");
  const outputs = kinks.map((name) => ({ name, fact: graph.facts.get(name)! }));
  const executable = await backend.compile({ ...graph, outputs });
  const results = await executable.run(new Map([[graph.inputs[0]!.name, pair]]));
  await executable.dispose();
  return [0, 1].map((n) =>
    kinks
      .map((name) => {
        const values = toNumbers(sliceBatch(results.get(name)!, [n]));
        return Array.from(values, (v) => (v > 0 ? "+" : "-")).join("");
      })
      .join(" "),
  );
}
