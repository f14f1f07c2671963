/**
 * Resolves If, Loop and Scan whose condition, number of iterations and shapes are known before the model runs: the
 * branch taken, or one copy of the body per iteration, replaces the node.
 *
 * @module
 */
import { ModelFormatError, UnsupportedModelError } from "../../errors.js";
import { int } from "../../onnx/attribute.js";
import type { Attribute, Fact, Graph, Node, Port } from "../../onnx/ir.js";
import { isFloat } from "../../tensor/dtype.js";
import type { Dim } from "../../tensor/shape.js";
import { fromNumbers, int64, type Tensor } from "../../tensor/tensor.js";
import { identity, inlineBody, type InlinedBody, type Replacement } from "./inline-body.js";

/**
 * Limit on the nodes added by inlined bodies in one model. A loop of a few bytes can ask for any number of iterations;
 * the graph is also differentiated, and engines take minutes to compile larger graphs.
 */
export const maxUnrolledNodes = 2 ** 15;

/** The enclosing graph of a node: its known values, and a way to add nodes. */
export interface Surroundings {
  readonly opset: number;
  fact(name: string): Fact | undefined;
  /** Adds nodes and infers their facts. */
  add(replacement: Replacement): void;
  /** Counts nodes copied from a body. @returns the number of nodes that may still be added */
  made(count: number): number;
  /** The model inputs that a value depends on. */
  sources(name: string): readonly Port[];
}

const kinds: ReadonlySet<string> = new Set(["If", "Loop", "Scan"]);

export const isControlFlow = ({ op, domain }: Node): boolean => domain === "" && kinds.has(op);

/**
 * Replaces a node by the branch taken or by its iterations.
 *
 * @throws {UnsupportedModelError} naming a condition or count that is not known before the model runs
 */
export function resolveControlFlow(node: Node, around: Surroundings): void {
  if (node.op === "If") takeBranch(node, around);
  else if (node.op === "Loop") unrollLoop(node, around);
  else unrollScan(node, around);
}

function refusal({ name, op }: Node, { opset }: Surroundings, reason: string): Error {
  return new UnsupportedModelError([{ node: name, op, opset, reason }]);
}

/**
 * The single element of a value. `shown` is the name of the value in the file.
 *
 * @throws {UnsupportedModelError} if it is not known before the model runs
 */
function known(node: Node, around: Surroundings, name: string, what: string, shown = name): number {
  const element = around.fact(name)?.elements?.[0];
  if (typeof element === "number") return element;
  const sources = around.sources(name);
  const names = sources.map((source) => `"${source.name}"`).join(", ");
  const from = names === "" ? "" : `, which is computed from ${names},`;
  const isChoice = ({ fact }: Port): boolean => !isFloat(fact.dtype) || fact.shape.length === 0;
  const given = sources.every(isChoice)
    ? sources.map((source) => `: give a value (option feeds: ${source.name})`).join("")
    : "";
  const problem = `its ${what} "${shown}"${from} is not known before the model runs${given}`;
  throw refusal(node, around, problem);
}

function bodyOf(node: Node, attribute: string, inputs: number, least: number): Graph {
  const body = node.attributes[attribute];
  const who = `${node.op} (node "${node.name}")`;
  if (body?.type !== "graph") throw new ModelFormatError(`${who} has no ${attribute}`);
  const { inputs: given, outputs } = body.value;
  if (given.length !== inputs || outputs.length < least) {
    throw new ModelFormatError(
      `${who}: its ${attribute} has ${given.length} inputs and ${outputs.length} outputs, not ${inputs} and ${least} or more`,
    );
  }
  return body.value;
}

function addBody(node: Node, around: Surroundings, inlined: InlinedBody): void {
  if (around.made(inlined.nodes.length + 1) < 0) {
    const reason = `its iterations unroll to more than ${maxUnrolledNodes} nodes; give a smaller input`;
    throw refusal(node, around, reason);
  }
  around.add(inlined);
}

function takeBranch(node: Node, around: Surroundings): void {
  const isThen = known(node, around, node.inputs[0] ?? "", "condition") !== 0;
  const branch = bodyOf(node, isThen ? "then_branch" : "else_branch", 0, 0);
  if (branch.outputs.length !== node.outputs.length) {
    throw new ModelFormatError(
      `If (node "${node.name}") has ${node.outputs.length} outputs, its branch has ${branch.outputs.length}`,
    );
  }
  const inlined = inlineBody(branch, node.name);
  around.add(inlined);
  addOutputs(node, around, inlined.results);
}

/** Gives the node's outputs to these values, as aliases. */
function addOutputs(node: Node, around: Surroundings, values: readonly string[]): void {
  const nodes = values.flatMap((value, i) => {
    const output = node.outputs[i] ?? "";
    return output === "" ? [] : [identity(`${node.name}/output.${i}`, value, output)];
  });
  around.add({ nodes, constants: new Map() });
}

// (count?, condition?, carried…) → (carried…, scanned…); its body: (iteration, condition, carried…) → (condition,
// carried…, scanned…).
function unrollLoop(node: Node, around: Surroundings): void {
  const [count = "", condition = "", ...initial] = node.inputs;
  const body = bodyOf(node, "body", 2 + initial.length, 1 + initial.length);
  const most = count === "" ? Infinity : known(node, around, count, "trip count");
  let goes = condition === "" || known(node, around, condition, "condition") !== 0;
  let carried: readonly string[] = initial;
  const scanned: string[][] = body.outputs.slice(1 + initial.length).map(() => []);
  for (let k = 0; goes && k < most; k++) {
    const at = `${node.name}/${k}`;
    const constants = new Map<string, Tensor>([
      [`${at}/iteration`, int64([k], [])],
      [`${at}/condition`, fromNumbers("bool", [], [1])],
    ]);
    around.add({ nodes: [], constants });
    const inlined = inlineBody(body, at, [...constants.keys(), ...carried]);
    addBody(node, around, inlined);
    const [next = "", ...results] = inlined.results;
    goes = known(node, around, next, "condition", body.outputs[0]!.name) !== 0;
    carried = results.slice(0, initial.length);
    scanned.forEach((list, i) => list.push(results[initial.length + i]!));
  }
  const stacks = scanned.map((list, i) => ({ list, axis: 0, output: initial.length + i }));
  addOutputs(node, around, carried);
  for (const stack of stacks) stackUp(node, around, stack);
}

// (states…, sequences…) → (states…, scanned…); its body: (states…, elements…) → (states…, scanned…).
function unrollScan(node: Node, around: Surroundings): void {
  const sequences = integer(node.attributes["num_scan_inputs"]) ?? 0;
  const states = node.inputs.length - sequences;
  if (sequences < 1 || states < 0 || node.inputs[0] === "" || node.attributes["directions"]) {
    throw refusal(
      node,
      around,
      "a Scan with a batch axis (operator set 8); export it again with a newer operator set",
    );
  }
  const body = bodyOf(node, "body", node.inputs.length, states);
  const names = node.inputs.slice(states);
  const scans = body.outputs.length - states;
  const [axes, backwards] = ["scan_input_axes", "scan_input_directions"].map(
    (name) => integers(node.attributes[name]) ?? names.map(() => 0),
  ) as [readonly number[], readonly number[]];
  const [outAxes, outBackwards] = ["scan_output_axes", "scan_output_directions"].map(
    (name) => integers(node.attributes[name]) ?? new Array<number>(scans).fill(0),
  ) as [readonly number[], readonly number[]];
  const extents = names.map((name, i): Dim | undefined =>
    around.fact(name)?.shape.at(axes[i] ?? 0),
  );
  const [count] = extents;
  if (typeof count !== "number" || extents.some((extent) => extent !== count)) {
    const lengths = `${names.join(", ")}: ${extents.join(", ")}`;
    throw refusal(node, around, `its sequences (${lengths}) must have one fixed length`);
  }
  const elements = names.map((name, i) => cut(node, around, name, axes[i] ?? 0, count));
  let carried: readonly string[] = node.inputs.slice(0, states);
  const scanned: string[][] = body.outputs.slice(states).map(() => []);
  for (let k = 0; k < count; k++) {
    const own = elements.map((list, i) => list[backwards[i] === 1 ? count - 1 - k : k]!);
    const inlined = inlineBody(body, `${node.name}/${k}`, [...carried, ...own]);
    addBody(node, around, inlined);
    carried = inlined.results.slice(0, states);
    scanned.forEach((list, i) => list.push(inlined.results[states + i]!));
  }
  addOutputs(node, around, carried);
  scanned.forEach((list, i) => {
    const ordered = outBackwards[i] === 1 ? list.toReversed() : list;
    stackUp(node, around, { list: ordered, axis: outAxes[i] ?? 0, output: states + i });
  });
}

const integer = (a: Attribute | undefined): number | undefined =>
  a?.type === "int" ? a.value : undefined;

const integers = (a: Attribute | undefined): readonly number[] | undefined =>
  a?.type === "ints" ? a.value : undefined;

/** Splits a sequence into its elements, without the sequence axis. */
function cut(
  node: Node,
  around: Surroundings,
  name: string,
  axis: number,
  count: number,
): readonly string[] {
  const at = `${node.name}/${name}`;
  const rows = Array.from({ length: count }, (_, k) => `${at}/row.${k}`);
  const split: Node = {
    ...{ name: at, op: "Split", domain: "", inputs: [name], outputs: rows },
    attributes: { axis: int(axis), num_outputs: int(count) },
  };
  const axes = `${at}/axis`;
  const squeezed = rows.map((row, k): Node => {
    const output = `${at}/${k}`;
    const parts = { op: "Squeeze", domain: "", inputs: [row, axes], attributes: {} };
    return { name: output, ...parts, outputs: [output] };
  });
  around.add({ nodes: [split, ...squeezed], constants: new Map([[axes, int64([axis])]]) });
  return squeezed.map((n) => n.outputs[0]!);
}

interface Stack {
  /** A value for each iteration. */
  readonly list: readonly string[];
  readonly axis: number;
  /** Index of the node's output. */
  readonly output: number;
}

/** Stacks the results of all iterations along a new axis. */
function stackUp(node: Node, around: Surroundings, { list, axis, output }: Stack): void {
  const name = node.outputs[output] ?? "";
  if (name === "") return;
  if (list.length === 0) {
    throw refusal(node, around, `it has 0 iterations, so "${name}" would be empty`);
  }
  const at = `${node.name}/stack.${output}`;
  const axes = `${at}/axis`;
  const rows = list.map((value, k): Node => {
    const row = `${at}/${k}`;
    const parts = { op: "Unsqueeze", domain: "", inputs: [value, axes], attributes: {} };
    return { name: row, ...parts, outputs: [row] };
  });
  const parts = { op: "Concat", domain: "", inputs: rows.map((n) => n.outputs[0]!) };
  const concat: Node = { name: at, ...parts, outputs: [name], attributes: { axis: int(axis) } };
  around.add({ nodes: [...rows, concat], constants: new Map([[axes, int64([axis])]]) });
}
