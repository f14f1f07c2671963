import type { Graph, Node } from "../onnx/ir.js";

/**
 * The graph with every Concat of more than `most` inputs as a tree of smaller ones. Graphics devices bind a limited number
 * of buffers to one operator: WebGPU guarantees eight (limit maxStorageBuffersPerShaderStage).
 */
export function splitConcats<G extends Graph>(graph: G, most: number): G {
  return { ...graph, nodes: graph.nodes.flatMap((node) => split(node, most)) };
}

function split(node: Node, most: number, level = 0): readonly Node[] {
  if (node.op !== "Concat" || node.domain !== "" || node.inputs.length <= most) return [node];
  const groups = Array.from({ length: Math.ceil(node.inputs.length / most) }, (_, i): Node => {
    const part = `part${level}.${i}`;
    const inputs = node.inputs.slice(i * most, (i + 1) * most);
    return {
      ...node,
      name: `${node.name}/${part}`,
      inputs,
      outputs: [`${node.outputs[0]!}/${part}`],
    };
  });
  const whole = { ...node, inputs: groups.map(({ outputs }) => outputs[0]!) };
  return [...groups, ...split(whole, most, level + 1)];
}
