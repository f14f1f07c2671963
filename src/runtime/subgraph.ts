import { TargetError, UnsupportedModelError } from "../errors.js";
import { gradientEnds, sizeEnds } from "../analysis/explainable-values.js";
import { binarizedLayers } from "../analysis/binarized-layers.js";
import { activePath } from "../analysis/active-path.js";
import { sampleRows } from "../analysis/sample-rows.js";
import { unsupportedNode } from "../analysis/unsupported-node.js";
import type { Graph, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { selectOutput } from "../passes/select-output.js";
import { isFloat } from "../tensor/dtype.js";
import { isStatic, type Shape } from "../tensor/shape.js";
import { chooseInput, chooseOutput } from "../target/ports.js";
import { samplesFirst } from "../target/target.js";

/** The explained part of a model: the nodes that one of its values depends on, and the explained input. */
export interface Subgraph {
  readonly graph: Graph;
  readonly input: string;
  readonly output: string;
}

/** The wanted input and output, by name. */
export interface SubgraphOptions {
  /** The input to explain; the only one, or the only image, unless given. */
  readonly input?: string | undefined;
  /**
   * The output to explain; the first one unless given. "logits" is the input of the Softmax or Sigmoid that
   * computes the first one. Any other value of the model can be named too.
   */
  readonly output?: string | undefined;
}

/**
 * Extracts the part of a model between an input and an output.
 *
 * @throws {TargetError} if the output does not exist, or does not depend on the input
 * @throws {InputError} if the input does not exist, or is ambiguous
 */
export function extractSubgraph(model: Graph, options: SubgraphOptions): Subgraph {
  const output = chooseOutput(model, options.output);
  const graph = selectOutput(model, output);
  if (options.input !== undefined) chooseInput(model, options.input);
  const isNeeded = graph.inputs.some((i) => i.name === options.input);
  if (graph.inputs.length === 0 || (options.input !== undefined && !isNeeded)) {
    const named = options.input === undefined ? "any input" : `input "${options.input}"`;
    throw new TargetError(`output "${output}" does not depend on ${named}`);
  }
  return { graph, input: chooseInput(graph, options.input), output };
}

/**
 * Checks that an output can be explained: it is a float that depends on the input differentiably, and its size is known
 * before the model runs.
 *
 * @throws {UnsupportedModelError} names the nodes that prevent it
 * @throws {TargetError} if it does not depend on the input at all
 */
export function checkExplainable(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
): void {
  const { dtype, shape } = graph.facts.get(output)!;
  const { active } = activePath(graph, registry, [input]);
  if (!active.has(output) || !isFloat(dtype)) {
    const ends = gradientEnds(graph, registry, input, output);
    if (ends.length > 0) throw new UnsupportedModelError(ends);
    throw new TargetError(`output "${output}" does not depend on input "${input}"`);
  }
  const binarized = binarizedLayers(graph, registry, input, output);
  if (binarized.length > 0) throw new UnsupportedModelError(binarized);
  const [batch = 1] = graph.facts.get(input)!.shape;
  const samples = samplesOf(graph, registry, { input, output });
  if (samples && isStatic(samples.slice(1))) return;
  const deciding = samples ? sizeEnds(graph, output) : [];
  const maker = graph.nodes.find((n) => n.outputs.includes(output))!;
  const reason = samples
    ? `"${output}" is [${shape.join(",")}], a size that is unknown before the model runs`
    : `the first axis of "${output}" [${shape.join(",")}] is not the samples of "${input}": the model takes ` +
      `${batch} at once: export it for a batch of 1, or name its axes (--layout; one without N is of a single sample)`;
  throw new UnsupportedModelError([...deciding, unsupportedNode(graph, maker, reason)]);
}

/**
 * The shape of an output with the samples first, as {@link samplesFirst}, if its first axis holds the samples: by data
 * dependence, and by its extent where the operators on the way do not say.
 *
 * @returns undefined if the samples are elsewhere, or mix
 */
export function samplesOf(
  graph: TypedGraph,
  registry: Registry,
  { input, output }: { readonly input: string; readonly output: string },
): Shape | undefined {
  const [batch = 1] = graph.facts.get(input)!.shape;
  const { shape } = graph.facts.get(output)!;
  if (batch === 1) return samplesFirst(shape, batch);
  const rows = sampleRows(graph, registry, { input, output, axis: 0 });
  return rows === "first" || (rows === "unknown" && shape[0] === batch) ? shape : undefined;
}
