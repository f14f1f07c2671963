import { InputError, TargetError } from "../errors.js";
import { didYouMean } from "../files/nearest-names.js";
import type { Graph, Node, Port } from "../onnx/ir.js";
import { registry as rules } from "../ops/all.js";
import type { Registry } from "../ops/core/registry.js";
import { stateInputs } from "../analysis/state-inputs.js";
import { isFloat } from "../tensor/dtype.js";
import { keepsOrder, type Probability } from "../ops/core/role.js";

/** The names of a model's inputs, for messages. */
export function inputNames(graph: Graph): string {
  return graph.inputs.map((i) => `"${i.name}"`).join(", ");
}

/** The outputs of a model with their shapes, for messages. */
export function describeOutputs(outputs: readonly NamedShape[]): string {
  return outputs.map(({ name, shape }) => `"${name}" [${shape.join(",")}]`).join(", ");
}

/** The error for an input beside the explained one that has no value. */
export const missingValue = ({ name, fact }: Port, explained: string): InputError =>
  new InputError(
    `input "${name}" [${fact.shape.join(",")}] needs a value beside "${explained}": give it (option feeds: ${name})`,
  );

interface NamedShape {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** The explained input. @throws {InputError} if it does not exist or is ambiguous */
export function chooseInput(graph: Graph, wanted: string | undefined): string {
  const names = graph.inputs.map((i) => i.name);
  if (wanted !== undefined) {
    if (!names.includes(wanted)) {
      const near = didYouMean(wanted, names);
      throw new InputError(`no input "${wanted}"${near}; the model has ${inputNames(graph)}`);
    }
    return wanted;
  }
  const states = stateInputs(graph, rules);
  const floats = graph.inputs.filter(
    ({ name, fact: { dtype, shape } }) => isFloat(dtype) && shape.length > 0 && !states.has(name),
  );
  const images = graph.inputs.filter((i) => i.fact.shape.length === 4 && !states.has(i.name));
  const [candidates = names] = [graph.inputs, images, floats]
    .filter((list) => list.length === 1)
    .map((list) => list.map((i) => i.name));
  if (candidates.length !== 1) {
    throw new InputError(
      `the model has ${names.length} inputs (${inputNames(graph)}); name the input to explain (option input), and give the other inputs values (option feeds)`,
    );
  }
  return candidates[0]!;
}

/**
 * The decomposed value: an output by name, by default the first one; any value inside the model by its name in the file;
 * or "logits", the input of the Softmax or Sigmoid that produces the first output.
 *
 * @throws {TargetError} if it does not exist
 */
export function chooseOutput(
  graph: Graph,
  wanted: string | undefined,
  registry: Registry = rules,
): string {
  const names = graph.outputs.map((o) => o.name);
  const chosen = wanted ?? names[0];
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  if (wanted === "logits") {
    const logits = squashing(graph.nodes, names[0], registry)?.node.inputs[0];
    if (logits !== undefined) return logits;
  }
  if (wanted !== undefined && graph.nodes.some((n) => n.outputs.includes(wanted))) return wanted;
  const listed = names.map((n) => `"${n}"`).join(", ");
  const values = [...names, ...graph.nodes.flatMap((n) => n.outputs)];
  throw new TargetError(
    `no output "${chosen ?? ""}"${didYouMean(chosen ?? "", values)}; the model has ${listed || "none"}` +
      (wanted === "logits" ? ", and the first one is not the output of a Softmax or Sigmoid" : ""),
  );
}

/** The Softmax, LogSoftmax or Sigmoid that produces an output. */
export interface Squashing {
  readonly op: string;
  readonly probability: Probability;
  readonly node: string;
  /** Its input, as the option `output` takes it: "logits", or the value's name. */
  readonly input: string;
}

/** The node that computes an output of the file as a probability, if any. */
export function squashingOf(
  graph: Graph,
  output: string,
  registry: Registry = rules,
): Squashing | undefined {
  const found = squashing(graph.nodes, output, registry);
  if (!found) return undefined;
  const { node, probability } = found;
  const input = output === graph.outputs[0]?.name ? "logits" : node.inputs[0]!;
  return { op: node.op, probability, node: node.name, input };
}

/** The node that turns scores into probabilities, ignoring later nodes that preserve numbers and order. */
export function squashing(
  nodes: readonly Node[],
  output: string | undefined,
  registry: Registry = rules,
): { readonly node: Node; readonly probability: Probability } | undefined {
  const node = nodes.find((n) => n.outputs[0] === output);
  const record = node && registry.get(node.op, node.domain);
  if (!record) return undefined;
  const { probability, role } = record;
  if (probability) return { node, probability };
  return keepsOrder(role) ? squashing(nodes, node.inputs[0], registry) : undefined;
}
