import type { Node, TypedGraph } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import { fromNumbers } from "../../tensor/tensor.js";
import { replaceNodes } from "./replace-nodes.js";

/**
 * Replaces each MatMul by a vector by a MatMul by a matrix of one column. ONNX Runtime (1.30, 1.32) fuses a Transpose
 * into a MatMul whose second input is a vector, and then computes wrong numbers.
 */
export function vectorProducts(graph: TypedGraph, registry: Registry): TypedGraph {
  return replaceNodes(graph, registry, (b, node) => {
    if (!isByVector(graph, node)) return undefined;
    const [x, vector] = node.inputs.map((name) => b.value(name));
    const last = b.constant(fromNumbers("int64", [1], [-1]));
    const column = b.op("Unsqueeze", [vector, last], {}, "column");
    const product = b.matmul(x!, column, "product");
    return [b.op("Squeeze", [product, last], {}, "squeezed")];
  });
}

function isByVector({ facts }: TypedGraph, { op, domain, inputs }: Node): boolean {
  if (op !== "MatMul" || domain !== "") return false;
  const [x, vector] = inputs.map((name) => facts.get(name)!.shape.length);
  return vector === 1 && x! > 1;
}
