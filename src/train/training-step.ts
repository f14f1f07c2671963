import { activePath } from "../analysis/active-path.js";
import { differentiate } from "../autodiff/differentiate.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { TypedGraph, Value } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import {
  updateStatistics,
  useBatchStatistics,
  withBatchStatistics,
  withoutElements,
} from "./batch-statistics.js";
import { atBatch, type Classifier } from "./classifier.js";
import { crossEntropy } from "./cross-entropy.js";
import type { Optimizer } from "./optimizers/optimizer.js";

export interface StepOptions {
  /** Batch size. */
  readonly batch: number;
  readonly optimizer: Optimizer;
  /** Adds each parameter's gradient as an output. */
  readonly gradients?: boolean;
}

/** State passed from one step to the next: a weight, a running statistic, or optimizer state. */
export interface StateSlot {
  /** Graph input; for weights and statistics, the constant's name in the model. */
  readonly input: string;
  /** Graph output with the updated value. */
  readonly output: string;
  readonly kind: "parameter" | "statistic" | "optimizer";
}

/** One training step as a graph: forward pass, loss, gradients, update. */
export interface TrainingStep {
  readonly graph: TypedGraph;
  /** Input, [N,C,H,W]. */
  readonly images: string;
  /** Input, [N] int64. */
  readonly labels: string;
  /** Scalar inputs [], one for each of the optimizer's scalars. */
  readonly scalars: readonly string[];
  readonly state: readonly StateSlot[];
  /** Output [1]: mean cross-entropy of the batch, before the update. */
  readonly loss: string;
  /** Output [1]: number of correct predictions in the batch. */
  readonly correct: string;
  /** Gradient outputs by parameter, if requested. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Builds one training step with mean softmax cross-entropy loss. Weights, running statistics and optimizer state are
 * inputs, their updated values outputs. BatchNormalization uses batch statistics.
 *
 * @throws {UnsupportedModelError} if a node between a weight and the scores has no gradient
 */
export function trainingStep(
  classifier: Classifier,
  registry: Registry,
  { batch, optimizer, gradients: wanted = false }: StepOptions,
): TrainingStep {
  const rules = withBatchStatistics(registry);
  const normalized = useBatchStatistics(atBatch(classifier, registry, batch), registry);
  const graph = withStateAsInputs(normalized.graph, classifier);
  const b = GraphBuilder.on(graph, rules.infer);
  const labels = b.input("labels", { dtype: "int64", shape: [batch] });
  const scalars = optimizer.scalars.map((name) => b.input(name, { dtype: "float32", shape: [] }));

  const scores = b.value(classifier.scores);
  const { loss, correct, seed } = crossEntropy(b.within("loss"), scores, labels, [
    batch,
    classifier.classes,
  ]);
  const names = classifier.parameters.map((p) => p.name);
  const active = new Set(activePath(graph, rules, names).active);
  for (const { mean, variance } of normalized.statistics.values()) {
    active.delete(mean);
    active.delete(variance);
  }
  const gradients = differentiate(b, graph, rules, new Map([[classifier.scores, seed]]), active);

  const outputs = new Map<string, Value>([
    ["loss", loss],
    ["correct", correct],
  ]);
  const state: Omit<StateSlot, "output">[] = [];
  const hand = (input: string, kind: StateSlot["kind"], next: Value): void => {
    state.push({ input, kind });
    outputs.set(`${input}/next`, next);
  };
  for (const name of names) {
    const gradient = gradients.of(name);
    if (!gradient) continue;
    const parameter = b.value(name);
    const slots = optimizer.slots.map((slot) => b.input(`${name}/${slot}`, parameter.fact));
    const update = optimizer.emit(b.within(name), { parameter, gradient, slots, scalars });
    hand(name, "parameter", update.parameter);
    slots.forEach((slot, i) => {
      hand(slot.name, "optimizer", update.slots[i]!);
    });
    if (wanted) outputs.set(`${name}/gradient`, gradient);
  }
  for (const [name, value] of nextStatistics(b, graph, rules, classifier))
    hand(name, "statistic", value);

  const entries = [...outputs];
  const built = b.build(entries.map(([name, value]) => ({ name, value })));
  const actual = new Map(entries.map(([name], i) => [name, built.outputs[i]!.name]));
  return {
    graph: built,
    images: classifier.input,
    labels: labels.name,
    scalars: scalars.map((s) => s.name),
    state: state.map((slot) => ({ ...slot, output: actual.get(`${slot.input}/next`)! })),
    loss: actual.get("loss")!,
    correct: actual.get("correct")!,
    gradients: new Map(
      names.flatMap((name) => {
        const output = actual.get(`${name}/gradient`);
        return output === undefined ? [] : [[name, output] as const];
      }),
    ),
  };
}

/** Running statistics after this batch, in node order. Statistics shared by two nodes are updated twice. */
function nextStatistics(
  b: GraphBuilder,
  graph: TypedGraph,
  rules: Registry,
  { statistics }: Classifier,
): ReadonlyMap<string, Value> {
  const nodes = new Map(graph.nodes.map((n) => [n.name, n]));
  const next = new Map<string, Value>();
  for (const { node, mean, variance, momentum } of statistics) {
    const view = rules.view(graph, nodes.get(node)!, () => false);
    const now = [mean, variance].map((name) => next.get(name) ?? b.value(name));
    const updated = updateStatistics(b.within(node), view, momentum, [now[0]!, now[1]!]);
    next.set(mean, updated[0]).set(variance, updated[1]);
  }
  return next;
}

/** Turns parameters and statistics into graph inputs, whose values are unknown to constant folding. */
function withStateAsInputs(graph: TypedGraph, { parameters, statistics }: Classifier): TypedGraph {
  const names = new Set([
    ...parameters.map((p) => p.name),
    ...statistics.flatMap((s) => [s.mean, s.variance]),
  ]);
  const facts = new Map(graph.facts);
  for (const name of names) facts.set(name, withoutElements(facts.get(name)!));
  return {
    ...graph,
    facts,
    inputs: [...graph.inputs, ...[...names].map((name) => ({ name, fact: facts.get(name)! }))],
    constants: new Map([...graph.constants].filter(([name]) => !names.has(name))),
  };
}
