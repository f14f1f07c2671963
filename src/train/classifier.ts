import { chooseInput, chooseOutput } from "../target/ports.js";
import { InputError, TargetError } from "../errors.js";
import type { TypedGraph } from "../onnx/ir.js";
import { prune } from "../onnx/prune.js";
import type { Registry } from "../ops/core/registry.js";
import { foldConstants } from "../passes/fold-constants.js";
import { inferShapes } from "../passes/infer-shapes.js";
import { staticShape, type Dim } from "../tensor/shape.js";
import { float32, full, type Tensor } from "../tensor/tensor.js";
import { runningStatistics, type RunningStatistics } from "./batch-statistics.js";
import { initialize } from "./initialize.js";
import { findParameters, type Parameter } from "./parameters.js";
import { untie } from "./untie.js";

/** A network prepared for training: input, output and trainable state. */
export interface Classifier {
  readonly graph: TypedGraph;
  readonly input: string;
  /** The logits, [N,K]. */
  readonly scores: string;
  readonly classes: number;
  /** Shape of one image, [C,H,W]. */
  readonly shape: readonly number[];
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly RunningStatistics[];
}

/** Values of parameters and running statistics, by name. */
export type Weights = ReadonlyMap<string, Tensor>;

export interface ClassifierOptions {
  readonly input?: string | undefined;
  /** The output with the logits. Default: the input of the final Softmax, or else the first output. */
  readonly output?: string | undefined;
}

/**
 * Prepares a model for training. Exported inference models contain no active Dropout, so training has none.
 *
 * @param graph with facts (passes/prepare) and an image input of fixed size
 * @throws {TargetError} if the output is not a matrix of class scores
 * @throws {InputError} if the model has several inputs, or no weights to train
 */
export function asClassifier(
  graph: TypedGraph,
  registry: Registry,
  options: ClassifierOptions = {},
): Classifier {
  const input = chooseInput(graph, options.input);
  const scores = chooseOutput(graph, options.output ?? wordForScores(graph, registry));
  const fact = graph.facts.get(scores)!;
  const untied = untie(prune({ ...graph, outputs: [{ name: scores, fact }] }), registry);
  const other = untied.inputs.find((port) => port.name !== input);
  if (other)
    throw new InputError(`a network with a second input, "${other.name}", cannot be trained`);
  const [, classes, ...rest]: readonly Dim[] = fact.shape;
  if (typeof classes !== "number" || rest.length > 0) {
    throw new TargetError(
      `output "${scores}" [${fact.shape.join(",")}] does not have the shape of class scores, [N,K]`,
    );
  }
  const shape = staticShape(graph.facts.get(input)!.shape.slice(1), `input "${input}"`);
  const parameters = findParameters(untied, registry, input);
  if (parameters.length === 0) throw new InputError("the model has no weights to train");
  const statistics = runningStatistics(untied, registry, input);
  return { graph: untied, input, scores, classes, shape, parameters, statistics };
}

function wordForScores({ nodes, outputs }: TypedGraph, registry: Registry): string | undefined {
  const last = nodes.find((n) => n.outputs[0] === outputs[0]?.name);
  const probability = last && registry.of(last).probability;
  return probability && probability !== "sigmoid" ? "logits" : undefined;
}

/** The values stored in the file. */
export function storedWeights({ graph, parameters, statistics }: Classifier): Weights {
  const names = [
    ...parameters.map((p) => p.name),
    ...statistics.flatMap((s) => [s.mean, s.variance]),
  ];
  return new Map(names.map((name) => [name, graph.constants.get(name)!]));
}

/** Newly initialized values: see {@link initialize}; running means 0 and variances 1. */
export function freshWeights({ graph, parameters, statistics }: Classifier, seed: number): Weights {
  const still = (name: string, value: number): [string, Tensor] => [
    name,
    full("float32", graph.constants.get(name)!.dims, value),
  ];
  const kept = statistics.flatMap((s) => [still(s.mean, 0), still(s.variance, 1)]);
  return new Map([...initialize(parameters, seed), ...kept]);
}

/** The network with the given weights, ready to be run, explained or exported. */
export function withWeights({ graph }: Classifier, weights: Weights): TypedGraph {
  return { ...graph, constants: new Map([...graph.constants, ...weights]) };
}

/** The graph for a fixed batch size. @throws {InputError} if the model fixes another batch size */
export function atBatch(
  { graph, input, scores, shape }: Classifier,
  registry: Registry,
  batch: number,
): TypedGraph {
  const sized = foldConstants(inferShapes(graph, registry, new Map([[input, [batch, ...shape]]])));
  const found = sized.facts.get(scores)!.shape;
  if (found[0] === batch) return sized;
  throw new InputError(
    `the model returns [${found.join(",")}] for ${batch} images; export it with a dynamic batch axis`,
  );
}

export const scalarOf = (value: number): Tensor => float32([], [value]);
