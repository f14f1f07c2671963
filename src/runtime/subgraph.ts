import { TargetError, UnsupportedModelError, type Hole } from "../errors.js";
import { explainableValues, gradientEnds, sizeEnds } from "../analysis/explainable-values.js";
import { activePath } from "../analysis/active-path.js";
import type { ExplainableValue } from "../errors.js";
import type { Graph, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { inferKnown } from "../passes/infer-known.js";
import { lift } from "../passes/prepare.js";
import { selectOutput } from "../passes/select-output.js";
import { isFloat } from "../tensor/dtype.js";
import { isStatic, type Shape } from "../tensor/shape.js";
import { inFile } from "./holes.js";
import { chooseInput, chooseOutput, describeOutputs } from "../target/ports.js";
import { samplesFirst } from "../target/target.js";
import { targetPort, targetWords } from "../target/target-expression.js";

/** The part of a model that is explained: what one of its values needs, and the input that it is explained by. */
export interface ModelPart {
  readonly graph: Graph;
  readonly input: string;
  readonly output: string;
}

/** The wanted input and output, by name. */
export interface PartOptions {
  readonly input?: string | undefined;
  readonly output?: string | undefined;
}

/**
 * The part of a model between an input and an output.
 *
 * @throws {TargetError} where there is no such output, or it does not depend on the input
 * @throws {InputError} where there is no such input, or it is not clear which one is meant
 */
export function partOf(model: Graph, options: PartOptions): ModelPart {
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
 * Says of an output that it can be explained, as far as its values go: it is a float that depends on the input
 * differentiably, in a size that is known before the model runs.
 *
 * @throws {UnsupportedModelError} naming the nodes that make it otherwise
 * @throws {TargetError} where it does not depend on the input at all
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
  const [batch = 1] = graph.facts.get(input)!.shape;
  const samples = samplesFirst(shape, batch);
  if (samples && isStatic(samples.slice(1))) return;
  const deciding = samples ? sizeEnds(graph, output) : [];
  const maker = graph.nodes.find((n) => n.outputs.includes(output))!;
  const hole: Hole = {
    node: maker.name,
    op: maker.op,
    opset: graph.opsets.get(maker.domain) ?? 0,
    reason: samples
      ? `"${output}" is [${shape.join(",")}], a size that is not known before the model runs`
      : `the first axis of "${output}" [${shape.join(",")}] is not the samples of "${input}", of which the model takes ` +
        `${batch} at once: export it for a batch of 1, or name its axes (--layout)`,
  };
  throw new UnsupportedModelError([...deciding, hole]);
}

/** Values that could be explained instead of the output of this part. */
export function alternatives(
  { graph, input, output }: ModelPart,
  registry: Registry,
  sizes: ReadonlyMap<string, Shape>,
): readonly ExplainableValue[] {
  const lifted = lift(graph);
  const known = inferKnown(lifted, registry, sizes);
  const batch = known.facts.get(input)?.shape[0] ?? 1;
  const own = new Set(graph.nodes.flatMap((n) => n.outputs));
  return explainableValues({ known, nodes: lifted.nodes, own, input }, registry)
    .filter(({ name }) => name !== output)
    .slice(0, mostListed)
    .map((port) => ({
      name: port.name,
      shape: port.fact.shape,
      targets: targetWords(targetPort(port, batch)),
    }));
}

/** An error of an explanation with what could be asked instead: other values, or other outputs. */
export function withHints(
  error: unknown,
  model: Graph,
  part: ModelPart,
  registry: Registry,
  sizes: ReadonlyMap<string, Shape>,
): unknown {
  if (error instanceof UnsupportedModelError && error.instead.length === 0) {
    return new UnsupportedModelError(
      inFile(error.holes, model),
      alternatives(part, registry, sizes),
    );
  }
  if (error instanceof TargetError && model.outputs.length > 1) {
    const outputs = model.outputs.map(({ name, fact }) => ({ name, shape: fact.shape }));
    const message = `${error.message}; the model has these outputs: ${describeOutputs(outputs)}`;
    return new TargetError(message, { cause: error });
  }
  return error;
}

/** Nobody reads more of them. */
const mostListed = 12;
