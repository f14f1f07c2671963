import { int } from "../../src/onnx/attribute.js";
import { dataTypeOf } from "../../src/onnx/file/element-types.js";
import type { Graph, Node, TypedGraph } from "../../src/onnx/ir.js";
import { sameShape } from "../../src/tensor/shape.js";

/**
 * Stores the source's half-precision weights in half precision, each followed by a cast to float32: the results are the
 * same, and the file does not double in size. An engine casts once, when it loads the file.
 */
export function keepHalf(graph: TypedGraph, source: Graph): TypedGraph {
  const constants = new Map(graph.constants);
  const casts: Node[] = [];
  for (const [name, t] of graph.constants) {
    const original = source.constants.get(name);
    const isHalf = original?.dtype === "float16" || original?.dtype === "bfloat16";
    if (!isHalf || t.dtype !== "float32" || !sameShape(t.dims, original.dims)) continue;
    const half = `${name}/${original.dtype}`;
    if (graph.facts.has(half)) continue;
    constants.delete(name);
    constants.set(half, original);
    casts.push({
      name: `${name}/float32`,
      op: "Cast",
      domain: "",
      inputs: [half],
      outputs: [name],
      attributes: { to: int(dataTypeOf("float32")) },
    });
  }
  return casts.length === 0 ? graph : { ...graph, constants, nodes: [...casts, ...graph.nodes] };
}
