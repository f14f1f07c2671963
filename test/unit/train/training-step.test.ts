import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { registry } from "../../../src/ops/all.js";
import { full, toNumbers, type Tensor, type Tensors } from "../../../src/tensor/tensor.js";
import { adam } from "../../../src/train/optimizers/adam.js";
import { scalarOf, storedWeights } from "../../../src/train/classifier.js";
import type { Optimizer } from "../../../src/train/optimizers/optimizer.js";
import { sgd } from "../../../src/train/optimizers/sgd.js";
import { trainingStep, type TrainingStep } from "../../../src/train/training-step.js";
import { relativeL2 } from "../../support/compare.js";
import { alignedTo, goldenOf, namesInPyTorch, trainable } from "../../support/training.js";

const networks = ["plain", "grouped", "layer-normed"].flatMap((net) =>
  ["legacy", "dynamo"].map((exporter) => ({ net, exporter })),
);

interface Rule {
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly rate: number;
}

const rules: readonly Rule[] = [
  { name: "sgd", optimizer: sgd({ momentum: 0.9, weightDecay: 1e-3 }), rate: 0.1 },
  {
    name: "nesterov",
    optimizer: sgd({ momentum: 0.9, weightDecay: 1e-3, nesterov: true }),
    rate: 0.1,
  },
  { name: "adam", optimizer: adam({ epsilon: 1e-3 }), rate: 1e-2 },
];

const norm = (t: Tensor | undefined): number => (t ? Math.hypot(...Array.from(toNumbers(t))) : 0);

describe.each(networks)("training $net, exported by $exporter", ({ net, exporter }) => {
  const golden = goldenOf(net);
  const gradients = [...golden].flatMap(([key, t]) => (key.startsWith("gradient/") ? [t] : []));
  const largest = Math.max(...gradients.map(norm));

  const runs = new Map<Rule, Promise<[TrainingStep, Tensors[]]>>();
  const run = (rule: Rule): Promise<[TrainingStep, Tensors[]]> => {
    const known = runs.get(rule) ?? steps(rule);
    runs.set(rule, known);
    return known;
  };

  /** Runs the batches of the golden file in order and returns the outputs of each step. */
  async function steps({ optimizer, rate }: Rule): Promise<[TrainingStep, Tensors[]]> {
    const classifier = await trainable(net, exporter);
    const step = trainingStep(classifier, registry, { batch: 6, optimizer, gradients: true });
    const executable = await ortBackend({ threads: 1 }).compile(step.graph);
    const weights = storedWeights(classifier);
    const facts = step.graph.facts;
    let state = new Map(
      step.state.map(({ input }) => [
        input,
        weights.get(input) ?? full("float32", facts.get(input)!.shape as number[], 0),
      ]),
    );
    const results: Tensors[] = [];
    for (const t of [1, 2, 3]) {
      const scalars = optimizer
        .values(t, rate)
        .map((v, i) => [step.scalars[i]!, scalarOf(v)] as const);
      const found = await executable.run(
        new Map([
          ...state,
          ...scalars,
          [step.images, golden.get(`images.${t}`)!],
          [step.labels, golden.get(`labels.${t}`)!],
        ]),
      );
      state = new Map(step.state.map(({ input, output }) => [input, found.get(output)!]));
      results.push(found);
    }
    await executable.dispose();
    return [step, results];
  }

  it("computes PyTorch's gradient of every parameter", async () => {
    const names = namesInPyTorch(await trainable(net, exporter), golden);
    const [step, [first]] = await run(rules[0]!);
    expect(step.gradients.size).toBe(gradients.length);
    for (const [name, output] of step.gradients) {
      const expected = golden.get(`gradient/${names.get(name)!}`)!;
      const found = first!.get(output)!;
      // The gradient of a bias before a BatchNorm consists of rounding errors, also in PyTorch's double precision.
      if (norm(expected) < 1e-12) expect(norm(found), name).toBeLessThan(1e-6 * largest);
      else expect(relativeL2(found, alignedTo(found.dims, expected)), name).toBeLessThan(1e-5);
    }
  });

  it.each(rules)("steps as PyTorch's $name does", async (how) => {
    const names = namesInPyTorch(await trainable(net, exporter), golden);
    const [step, results] = await run(how);
    const losses = results.map((r) => toNumbers(r.get(step.loss)!)[0]!);
    expect(relativeL2(losses, golden.get(`${how.name}/loss`)!)).toBeLessThan(1e-6);
    for (const t of [1, 3]) {
      for (const { input, output } of step.state.filter((s) => s.kind !== "optimizer")) {
        const expected = golden.get(`${how.name}/${t}/${names.get(input)!}`)!;
        const found = results[t - 1]!.get(output)!;
        const error = relativeL2(found, alignedTo(found.dims, expected));
        // Parameters without gradient move by rounding errors (see above), which Adam divides by its epsilon, 1e-3.
        const gradient = golden.get(`gradient/${names.get(input)!}`);
        const noise =
          gradient && norm(gradient) < 1e-12 ? (t * how.rate * 1e-6 * largest) / 1e-3 : 0;
        const limit = Math.max(1e-5, noise / norm(expected));
        expect(error, `${input} after ${t} steps`).toBeLessThan(limit);
      }
    }
  });
});
