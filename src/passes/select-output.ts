import { TargetError } from "../errors.js";
import type { Fact, Graph } from "../onnx/ir.js";
import { outerNames, prune } from "../onnx/prune.js";

/** Placeholder for a value without a declared type; inference replaces it. */
const unknown: Fact = { dtype: "float32", shape: [] };

/**
 * Extracts the subgraph that computes one value, with that value as its only output. Other outputs, such as indices
 * or selected boxes, are removed with the nodes and inputs that only they need, including unsupported operators.
 *
 * @param name a graph output, or any value computed by a node
 * @throws {TargetError} if no node computes it
 */
export function selectOutput(graph: Graph, name: string): Graph {
  return selectOutputs(graph, [name]);
}

/** Extracts the subgraph that computes the named values. @throws {TargetError} as {@link selectOutput} */
export function selectOutputs(graph: Graph, names: readonly string[]): Graph {
  const outputs = names.map((name) => {
    const declared = graph.outputs.find((o) => o.name === name);
    if (!declared && !graph.nodes.some((n) => n.outputs.includes(name))) {
      throw new TargetError(`the model has no value "${name}"`);
    }
    return declared ?? { name, fact: unknown };
  });
  const { nodes, constants } = prune({ ...graph, outputs, facts: new Map<string, Fact>() });
  const read = new Set([...names, ...nodes.flatMap((n) => [...n.inputs, ...outerNames(n)])]);
  const inputs = graph.inputs.filter((i) => read.has(i.name));
  return { ...graph, inputs, outputs, nodes, constants };
}
