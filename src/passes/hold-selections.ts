import type { Attribute, Fact, Graph, Node } from "../onnx/ir.js";
import { prune } from "../onnx/prune.js";
import type { Registry } from "../ops/core/registry.js";
import { dtypeOf } from "../onnx/file/element-types.js";
import { isFloat } from "../tensor/dtype.js";
import type { Tensors } from "../tensor/tensor.js";

/** Names of the explained input and output. */
interface Way {
  readonly input: string;
  readonly output: string;
}

/** Box inputs, for which PyTorch computes no gradient. */
const boxInputs: Readonly<Record<string, readonly number[]>> = {
  RoiAlign: [1, 2],
  MaxRoiPool: [1],
};

/**
 * The values on the way from an image to an output that select or measure: indices, masks, counts, sizes, and numbers
 * computed from them. No gradient passes through them, and they are known only at run time.
 */
export function selectionsOf(graph: Graph, registry: Registry, way: Way): readonly string[] {
  const { active, nodes } = activeNodes(graph, registry, way);
  const isGiven = (name: string): boolean => graph.constants.has(name) || name === "";
  const held = nodes.flatMap((node) =>
    node.inputs.filter((name, i) => !isGiven(name) && (!active.has(name) || isBox(node, i))),
  );
  return [...new Set(held)].filter((name) => !graph.inputs.some((port) => port.name === name));
}

/**
 * Specializes the graph to one image: selections and sizes become constants with their values for this image, so that
 * every shape is known and every branch is resolved.
 *
 * @param values values of {@link selectionsOf} for the image
 */
export function holdSelections(graph: Graph, registry: Registry, way: Way, values: Tensors): Graph {
  const nodes = activeNodes(graph, registry, way).nodes.map((node) => withoutHeld(node, values));
  const constants = new Map([...graph.constants, ...values]);
  const declared = graph.outputs.find(({ name }) => name === way.output);
  const unknown = { dtype: "float32", shape: [] } as const;
  const outputs = [declared ?? { name: way.output, fact: unknown }];
  const kept = prune({ ...graph, outputs, nodes, constants, facts: new Map<string, Fact>() });
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => name === way.input),
    outputs,
    nodes: kept.nodes,
    constants: kept.constants,
  };
}

/** Replaces a TopK with held indices: it picks the same elements of every image. */
function withoutHeld(node: Node, values: Tensors): Node {
  const [x = ""] = node.inputs;
  const [picked = "", indices = ""] = node.outputs;
  if (node.op !== "TopK" || !values.has(indices)) {
    return { ...node, outputs: node.outputs.map((name) => (values.has(name) ? "" : name)) };
  }
  const axis = node.attributes["axis"] ?? ({ type: "int", value: -1 } as const);
  return {
    ...node,
    op: "GatherElements",
    inputs: [x, indices],
    outputs: [picked],
    attributes: { axis },
  };
}

const isBox = ({ op, domain }: Node, input: number): boolean =>
  domain === "" && (boxInputs[op]?.includes(input) ?? false);

/** The nodes through which a gradient flows from the output to the image, and the values computed by them. */
function activeNodes(
  graph: Graph,
  registry: Registry,
  { input, output }: Way,
): { readonly active: ReadonlySet<string>; readonly nodes: readonly Node[] } {
  const active = new Set([input]);
  for (const node of graph.nodes) {
    if (!node.inputs.some((name, i) => active.has(name) && !isBox(node, i))) continue;
    node.outputs.forEach((name, i) => {
      if (!isDiscrete(node, i, registry)) active.add(name);
    });
  }
  const wanted = new Set([output]);
  const nodes = graph.nodes.toReversed().filter((node) => {
    const isWanted = node.outputs.some((name) => wanted.has(name) && active.has(name));
    if (isWanted) for (const name of node.inputs) wanted.add(name);
    return isWanted;
  });
  return { active, nodes: nodes.reverse() };
}

/** Whether an output of a node has no gradient, according to the operator's record. */
function isDiscrete(node: Node, output: number, registry: Registry): boolean {
  const bodies = Object.values(node.attributes).flatMap((a) =>
    a.type === "graph" ? [a.value] : [],
  );
  if (bodies.length > 0) {
    return bodies.every(({ outputs }) => !isFloat(outputs[output]?.fact.dtype ?? "float32"));
  }
  const record = registry.get(node.op, node.domain);
  if (!record) return false;
  const { role, vjp, pick } = record;
  if (role === "step" || role === "size" || (vjp === "zero" && !record.straightThrough))
    return true;
  return pick !== undefined ? output > 0 : role === "cast" && castsToInteger(node.attributes["to"]);
}

function castsToInteger(to: Attribute | undefined): boolean {
  const dtype = to?.type === "int" ? dtypeOf(to.value) : undefined;
  return dtype !== undefined && !isFloat(dtype);
}
