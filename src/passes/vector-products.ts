import { GraphBuilder } from "../onnx/builder.js";
import type { Node, TypedGraph } from "../onnx/ir.js";
import { prune } from "../onnx/prune.js";
import type { Registry } from "../ops/core/registry.js";
import { fromNumbers } from "../tensor/tensor.js";

/**
 * Writes a MatMul by a vector as one by a matrix of one column. ONNX Runtime (1.30, 1.32) fuses a Transpose into a MatMul
 * whose second input is a vector, and then computes other numbers.
 */
export function vectorProducts(graph: TypedGraph, registry: Registry): TypedGraph {
  if (!graph.nodes.some((node) => isByVector(graph, node))) return graph;
  const b = GraphBuilder.on(graph, registry.infer);
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (!isByVector(graph, node)) return [node];
    const before = b.nodes.length;
    const at = b.within(node.name);
    const [x, vector] = node.inputs.map((name) => b.value(name));
    const last = at.constant(fromNumbers("int64", [1], [-1]));
    const column = at.op("Unsqueeze", [vector, last], {}, "column");
    const product = at.matmul(x!, column, "product");
    at.op("Squeeze", [product, last], {}, "squeezed");
    const added = b.nodes.slice(before);
    // The last node takes the name and the output of the original.
    const end = { ...added.at(-1)!, name: node.name, outputs: node.outputs };
    return [...added.slice(0, -1), end];
  });
  const kept = nodes.flatMap(({ outputs }) =>
    outputs.flatMap((name) => (name === "" ? [] : [{ name, value: b.value(name) }])),
  );
  return prune({ ...b.build(kept), inputs: graph.inputs, outputs: graph.outputs, nodes });
}

function isByVector({ facts }: TypedGraph, { op, domain, inputs }: Node): boolean {
  if (op !== "MatMul" || domain !== "") return false;
  const [x, vector] = inputs.map((name) => facts.get(name)!.shape.length);
  return vector === 1 && x! > 1;
}
