import { TargetError } from "../errors.js";
import type { Fact, Graph } from "../onnx/ir.js";
import { outerNames, prune } from "../onnx/prune.js";

/** Of a value that the file says nothing about; inference replaces it. */
const unknown: Fact = { dtype: "float32", shape: [] };

/**
 * The part of a graph that one value needs, with that value as its only output. What else a model ends in (indices,
 * boxes that were selected, operators that nothing is known of) is gone with it, and so are inputs that only that reads.
 *
 * @param name an output, or any value that a node makes
 * @throws {TargetError} where no node makes it
 */
export function selectOutput(graph: Graph, name: string): Graph {
  return selectOutputs(graph, [name]);
}

/** The part of a graph that some values need, with those as its outputs. @throws {TargetError} as above */
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
  const isWhole =
    nodes.length === graph.nodes.length &&
    inputs.length === graph.inputs.length &&
    outputs.length === graph.outputs.length &&
    outputs.every((port, i) => port === graph.outputs[i]);
  return isWhole ? graph : { ...graph, inputs, outputs, nodes, constants };
}
