import { InputError, TargetError } from "../errors.js";
import type { Graph, Node } from "../onnx/ir.js";

/** The names of a model's inputs, for messages. */
export function inputNames(graph: Graph): string {
  return graph.inputs.map((i) => `"${i.name}"`).join(", ");
}

/** The outputs of a model with their shapes, for messages. */
export function describeOutputs(outputs: readonly NamedShape[]): string {
  return outputs.map(({ name, shape }) => `"${name}" [${shape.join(",")}]`).join(", ");
}

interface NamedShape {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** The input that is explained. @throws {InputError} where it is not there, or not clear */
export function chooseInput(graph: Graph, wanted: string | undefined): string {
  const names = graph.inputs.map((i) => i.name);
  if (wanted !== undefined) {
    if (!names.includes(wanted)) {
      throw new InputError(`no input "${wanted}"; the model has ${inputNames(graph)}`);
    }
    return wanted;
  }
  const images = graph.inputs.filter((i) => i.fact.shape.length === 4).map((i) => i.name);
  const candidates = names.length === 1 ? names : images;
  if (candidates.length !== 1) {
    throw new InputError(
      `the model has ${names.length} inputs (${inputNames(graph)}); name the one that is to be explained (--input-name), and give the others values (--feed NAME=FILE.npy)`,
    );
  }
  return candidates[0]!;
}

/**
 * The value that is decomposed: an output by name, the first one, any value inside the model by the name that it has in
 * the file, or, as "logits", what goes into the Softmax or Sigmoid that makes the first output.
 *
 * @throws {TargetError} where it is not there
 */
export function chooseOutput(graph: Graph, wanted: string | undefined): string {
  const names = graph.outputs.map((o) => o.name);
  const chosen = wanted ?? names[0];
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  if (wanted === "logits") {
    const logits = squashing(graph.nodes, names[0])?.inputs[0];
    if (logits !== undefined) return logits;
  }
  if (wanted !== undefined && graph.nodes.some((n) => n.outputs.includes(wanted))) return wanted;
  const listed = names.map((n) => `"${n}"`).join(", ");
  throw new TargetError(
    `no output "${chosen ?? ""}"; the model has ${listed || "none"}` +
      (wanted === "logits" ? ", and no Softmax or Sigmoid makes the first one" : ""),
  );
}

const squashingOps: ReadonlySet<string> = new Set(["Softmax", "LogSoftmax", "Sigmoid"]);
/** What may come after it without changing the numbers. */
const moving: ReadonlySet<string> = new Set([
  "Identity",
  "Cast",
  "Reshape",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
]);

/** The Softmax, LogSoftmax or Sigmoid that a score comes out of. */
export interface Squashing {
  readonly op: string;
  readonly node: string;
  /** Its input, as the option `output` takes it: "logits", or the value's name. */
  readonly input: string;
}

/** What makes an output of a model's file, where that is a Softmax, LogSoftmax or Sigmoid. */
export function squashingOf(graph: Graph, output: string): Squashing | undefined {
  const node = squashing(graph.nodes, output);
  if (!node) return undefined;
  const input = output === graph.outputs[0]?.name ? "logits" : node.inputs[0]!;
  return { op: node.op, node: node.name, input };
}

/** The Softmax, LogSoftmax or Sigmoid that makes an output. */
export function squashing(nodes: readonly Node[], output: string | undefined): Node | undefined {
  const last = nodes.find((n) => n.domain === "" && n.outputs[0] === output);
  if (!last || squashingOps.has(last.op)) return last;
  return moving.has(last.op) ? squashing(nodes, last.inputs[0]) : undefined;
}
