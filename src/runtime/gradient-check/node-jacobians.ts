import type { Backend } from "../../backends/backend.js";
import type { Graph, Node, Port, TypedGraph, Value } from "../../onnx/ir.js";
import { isFloat } from "../../tensor/dtype.js";
import { fromNumbers, toNumbers, type Tensor } from "../../tensor/tensor.js";
import {
  compareDirections,
  type DirectionOptions,
  type DirectionalDerivative,
} from "./directional-derivatives.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";

/** One input of one node: its gradient, and central differences of the node run alone. */
export interface NodeJacobian {
  readonly node: string;
  readonly op: string;
  /** Name of the input value. */
  readonly input: string;
  readonly directions: readonly DirectionalDerivative[];
  /** "disagrees" if any direction does; "inconclusive" if all are. */
  readonly verdict: DirectionalDerivative["verdict"];
}

/** The values of a run that the check of one node needs, by their roles in the run. */
export interface NodeRecord {
  readonly node: Node;
  /** Inputs that are not constant, by name. */
  readonly inputs: readonly { readonly name: string; readonly role: string }[];
  readonly dy: readonly { readonly output: string; readonly role: string }[];
  readonly parts: readonly { readonly input: string; readonly role: string }[];
  /** Inputs that depend on the image. Those without a part have gradient 0, which is checked too. */
  readonly active: readonly string[];
}

/** The records of all differentiated nodes, in network order, and the values that they refer to. */
export function recordNodes(full: FullGradient): {
  readonly records: readonly NodeRecord[];
  readonly outputs: Readonly<Record<string, Value>>;
} {
  const outputs: Record<string, Value> = {};
  const roles = new Map<string, string>();
  const roleOf = (value: Value): string => {
    const role = roles.get(value.name) ?? `value${roles.size}`;
    roles.set(value.name, role);
    outputs[role] = value;
    return role;
  };
  const records = full.gradients.steps.toReversed().map(({ view, dy, parts }) => ({
    node: view.node,
    inputs: [...new Set(view.node.inputs)].flatMap((name) =>
      name === "" || full.graph.constants.has(name)
        ? []
        : [{ name, role: roleOf(full.b.value(name)) }],
    ),
    dy: dy.flatMap((value, i) =>
      value ? [{ output: view.node.outputs[i]!, role: roleOf(value) }] : [],
    ),
    parts: parts.map(({ input, gradient }) => ({ input: input.name, role: roleOf(gradient) })),
    active: [...new Set(view.node.inputs.filter((_, i) => view.isActive(i)))],
  }));
  return { records, outputs };
}

/** Default number of directions for each input of each node. */
const fewDirections = 4;

/** Compares the gradients of a node's inputs with central differences of Σ dy ⊙ y of that node alone. */
export async function checkNode(
  backend: Backend,
  graph: TypedGraph,
  record: NodeRecord,
  valueOf: (role: string) => Tensor,
  { directions = fewDirections, seed }: DirectionOptions,
): Promise<NodeJacobian[]> {
  const { node, inputs, dy, parts } = record;
  const executable = await backend.compile(alone(graph, record));
  const recorded = new Map(inputs.map(({ name, role }) => [name, valueOf(role)]));
  const covectors = dy.map(({ output, role }) => [output, toNumbers(valueOf(role))] as const);
  try {
    const found: NodeJacobian[] = [];
    const sent = byInput(parts, valueOf);
    for (const input of record.active) {
      const x = recorded.get(input)!;
      if (!isFloat(x.dtype)) continue;
      const gradients = sent.get(input) ?? new Float64Array(x.data.length);
      const evaluate = async (points: readonly Float64Array[]): Promise<number[]> => {
        const sums: number[] = [];
        for (const point of points) {
          const feeds = new Map(recorded).set(input, fromNumbers(x.dtype, x.dims, point));
          const results = await executable.run(feeds);
          sums.push(
            covectors.reduce((sum, [name, v]) => sum + dot(v, toNumbers(results.get(name)!)), 0),
          );
        }
        return sums;
      };
      const round = (point: Float64Array): void => {
        point.set(Float32Array.from(point));
      };
      const probe = { x: toNumbers(x), gradient: gradients, round, epsilon: 2 ** -24, evaluate };
      const tried = await compareDirections(probe, { directions, seed });
      found.push({
        node: node.name,
        op: node.op,
        input,
        directions: tried,
        verdict: verdictOf(tried),
      });
    }
    return found;
  } finally {
    await executable.dispose();
  }
}

/** The gradient of each input; summed if the node reads it twice. */
function byInput(
  parts: NodeRecord["parts"],
  valueOf: (role: string) => Tensor,
): ReadonlyMap<string, Float64Array> {
  const sums = new Map<string, Float64Array>();
  for (const { input, role } of parts) {
    const numbers = toNumbers(valueOf(role));
    const known = sums.get(input);
    if (known) known.forEach((v, i) => (known[i] = v + numbers[i]!));
    else sums.set(input, Float64Array.from(numbers));
  }
  return sums;
}

/** The graph of one node; the values it reads become inputs. */
function alone(graph: TypedGraph, { node, inputs, dy }: NodeRecord): Graph {
  const port = (name: string): Port => ({ name, fact: graph.facts.get(name)! });
  const constants = node.inputs.flatMap((name) => {
    const value = graph.constants.get(name);
    return value ? [[name, value] as const] : [];
  });
  return {
    ...graph,
    nodes: [node],
    inputs: inputs.map(({ name }) => port(name)),
    outputs: dy.map(({ output }) => port(output)),
    constants: new Map(constants),
  };
}

function verdictOf(directions: readonly DirectionalDerivative[]): DirectionalDerivative["verdict"] {
  const has = (verdict: DirectionalDerivative["verdict"]): boolean =>
    directions.some((d) => d.verdict === verdict);
  return has("disagrees") ? "disagrees" : has("agrees") ? "agrees" : "inconclusive";
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
