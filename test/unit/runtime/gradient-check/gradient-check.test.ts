import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import type { GraphBuilder } from "../../../../src/onnx/builder.js";
import {
  compareDirections,
  type Probe,
} from "../../../../src/runtime/gradient-check/directional-derivatives.js";
import type { Reference } from "../../../../src/runtime/gradient-check/gradient-check.js";
import { isComplete } from "../../../../src/decomposition/completeness.js";
import { Session } from "../../../../src/runtime/session.js";
import { load } from "../../../../src/model/load.js";
import { writeModel } from "../../../../src/onnx/export.js";
import type { TypedGraph, Value } from "../../../../src/onnx/ir.js";
import { registry } from "../../../../src/ops/all.js";
import type { NodeView } from "../../../../src/ops/core/node-view.js";
import type { Registry } from "../../../../src/ops/core/registry.js";
import { float32, type Tensor } from "../../../../src/tensor/tensor.js";
import { newGraph } from "../../../support/graphs.js";
import { goldenTensor, networkFile, networkNames } from "../../../support/networks.js";
import { Random } from "../../../support/random.js";
import { formFeeds, formGolden, formNames, formTensor, loadForm } from "../../../support/forms.js";

const backend = ortBackend({ threads: 1 });

/** The record of an activation whose slope is its own times a factor, and whose bias y − slope·x adds up all the same. */
function steeper(op: string, factor: number): Registry {
  const { vjp } = registry.get(op)!;
  if (typeof vjp === "string") throw new Error(`${op} has no gradient`);
  const slope = (b: GraphBuilder, n: NodeView, dy: Value): Value => {
    const [cotangent] = vjp(b, n, [dy]);
    if (typeof cotangent !== "function") throw new Error(`${op} sends nothing back`);
    return b.mulScalar(cotangent(), factor);
  };
  return registry.with({
    [op]: {
      vjp: (b, n, [dy]) => [() => slope(b, n, dy!)],
      bias: (n) => ({
        kind: "implicit",
        emit: (b) => b.sub(n.y(), b.mul(slope(b, n, b.addScalar(b.zerosLike(n.x()), 1)), n.x())),
      }),
    },
  });
}

/** Two linear layers with a Sigmoid and a Tanh between them. */
function squashed(): TypedGraph {
  const numbers = new Random(3);
  const b = newGraph();
  const weights = (rows: number, columns: number): Value =>
    b.constant(float32([rows, columns], numbers.many(rows * columns, -0.5, 0.5)), "weights");
  const x = b.input("x", { dtype: "float32", shape: ["N", 12] });
  const sigmoid = b.op("Sigmoid", [b.matmul(x, weights(12, 9))], {}, "sigmoid");
  const tanh = b.op("Tanh", [b.matmul(sigmoid, weights(9, 7))], {}, "tanh");
  return b.build([{ name: "scores", value: b.matmul(tanh, weights(7, 4)) }]);
}

const x12 = float32([2, 12], new Random(5).many(24, -2, 2));

/** The file of a graph, on ONNX Runtime. */
async function fileOf(graph: TypedGraph): Promise<Reference> {
  const [[input], [output]] = [graph.inputs, graph.outputs];
  return {
    what: "the file",
    executable: await backend.open!(writeModel(graph), graph),
    ownForm: (image) => image,
    inputs: new Map([[input!.name, input!.fact.dtype]]),
    output: output!.fact.dtype,
    rows: 1,
    batched: new Set([input!.name]),
  };
}

describe("a rule with a wrong slope and the bias that goes with it", () => {
  it.each([
    ["Sigmoid", "sigmoid"],
    ["Tanh", "tanh"],
  ])("%s adds up, disagrees with the file, and is the node that is named", async (op, node) => {
    const graph = squashed();
    const wrong = new Session(graph, steeper(op, 1.3), backend);
    const samples = await wrong.verifyGradient(x12, 1, await fileOf(graph));
    expect(samples.map(({ completeness }) => isComplete(completeness))).toEqual([true, true]);
    for (const { gradient } of samples) expect(gradient.disagree).toBeGreaterThan(4);
    const nodes = await wrong.checkNodes(x12, 1);
    expect(nodes.filter(({ verdict }) => verdict === "disagrees").map((n) => n.node)).toEqual([
      node,
    ]);
    await wrong.dispose();
  });

  it("the right rule agrees with the file, and so does every node", async () => {
    const graph = squashed();
    const right = new Session(graph, registry, backend);
    const samples = await right.verifyGradient(x12, 1, await fileOf(graph));
    expect(samples.map(({ gradient }) => gradient.agree)).toEqual([8, 8]);
    const nodes = await right.checkNodes(x12, 1);
    expect(nodes.map(({ verdict }) => verdict)).toEqual(nodes.map(() => "agrees"));
    await right.dispose();
  });
});

describe("a function of one's own", () => {
  const probe = (
    f: (x: Float64Array) => number,
    slope: (x: number) => number,
    x: readonly number[],
  ): Probe => ({
    x,
    gradient: x.map(slope),
    epsilon: 2 ** -24,
    round: (point) => {
      point.set(Float32Array.from(point));
    },
    evaluate: (points) => Promise.resolve(points.map((p) => Math.fround(f(p)))),
  });
  const sum = (of: (v: number) => number) => (x: Float64Array) => x.reduce((s, v) => s + of(v), 0);
  const x = new Random(1).many(200, -2, 2);

  it("is inconclusive where the function is chaotic: no step is short enough for its gradient", async () => {
    const waves = sum((v) => 100 * Math.sin(1e8 * v));
    const found = await compareDirections(probe(waves, (v) => 1e10 * Math.cos(1e8 * v), x));
    expect(found.map((d) => d.because)).toEqual(found.map(() => "roughness"));
    expect(found.map((d) => d.verdict)).toEqual(found.map(() => "inconclusive"));
  });

  it("agrees where it is smooth", async () => {
    const found = await compareDirections(probe(sum(Math.sin), Math.cos, x));
    expect(found.map((d) => d.verdict)).toEqual(found.map(() => "agrees"));
  });

  it("disagrees where a fifth is missing of its gradient", async () => {
    const found = await compareDirections(probe(sum(Math.sin), (v) => 0.8 * Math.cos(v), x));
    expect(found.map((d) => d.verdict)).toContain("disagrees");
    expect(found.map((d) => d.verdict)).not.toContain("agrees");
  });

  it("is inconclusive at a kink, where neither side's slope is wrong", async () => {
    const zeros = x.map(() => 0);
    const relu = sum((v) => Math.max(0, v));
    const found = await compareDirections(probe(relu, () => 0, zeros));
    expect(found.map((d) => [d.verdict, d.because])).toEqual(
      found.map(() => ["inconclusive", "kink"]),
    );
  });

  it("is the same for the same seed", async () => {
    const [a, b, c] = await Promise.all(
      [1, 1, 2].map((seed) => compareDirections(probe(sum(Math.sin), Math.cos, x), { seed })),
    );
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });
});

/** Of all directions, how many said something; none may disagree. */
async function checked(
  model: Awaited<ReturnType<typeof load>>,
  x: Tensor,
  options: Parameters<typeof model.verify>[1] = {},
): Promise<number> {
  const samples = await model.verify(x, { ...options, gradient: { directions: 4 } });
  await model.dispose();
  for (const { gradient } of samples) expect(gradient).toMatchObject({ disagree: 0 });
  for (const { gradient } of samples) expect(structuredClone(gradient)).toEqual(gradient);
  return samples.reduce((total, { gradient }) => total + gradient.agree, 0);
}

describe("gradients are those of the files", () => {
  it.each(networkNames)("%s", async (name) => {
    const model = await load(networkFile(name, "legacy"), { backend });
    expect(await checked(model, goldenTensor(name, "input.npy"))).toBeGreaterThanOrEqual(4);
  });

  it.each(formNames)("%s", async (form) => {
    const { models, runs } = formGolden(form);
    const [variant] = Object.keys(models);
    const { output, input, target } = runs.at(-1)!;
    const model = await loadForm(form, variant!, backend, output);
    const found = await checked(model, formTensor(form, input), { target, feeds: formFeeds(form) });
    expect(found).toBeGreaterThan(0);
  });

  it("softmax, log-probabilities and a class versus another are read from the file as they are explained", async () => {
    const options = { quantity: "log-probability", target: 1, versus: 0 } as const;
    const model = await load(networkFile("tiny-silu", "legacy"), { backend });
    expect(await checked(model, goldenTensor("tiny-silu", "input.npy"), options)).toBe(8);
  });

  it("is inconclusive where the file's Sigmoid is saturated, and conclusive where it is not", async () => {
    const verdicts = async (logit: number): Promise<Set<string>> => {
      const b = newGraph();
      const x = b.input("x", { dtype: "float32", shape: [1, 4] });
      const weights = b.constant(float32([4, 1], [0.3, -0.2, 0.5, 0.1]), "weights");
      const y = b.op("Sigmoid", [b.addScalar(b.matmul(x, weights), logit)], {}, "y");
      const model = await load(writeModel(b.build([{ name: "y", value: y }])), { backend });
      const one = float32([1, 4], [0.4, -0.1, 0.7, 0.2]);
      const [sample] = await model.verify(one, { target: 0, gradient: true });
      await model.dispose();
      return new Set(sample!.gradient.directions.map((d) => d.verdict));
    };
    expect(await verdicts(-25)).toEqual(new Set(["inconclusive"]));
    expect(await verdicts(-1)).toEqual(new Set(["agrees"]));
  });
});
