import { readInstead, type ImageForm } from "../../src/runtime/image-model/image-form.js";
import type { TypedGraph } from "../../src/onnx/ir.js";
import { registry } from "../../src/ops/all.js";
import { supplyInput } from "./supply-input.js";

/** The graph with the model's own input, from which the image is computed inside the graph. */
export function withOwnInput(graph: TypedGraph, form: ImageForm): TypedGraph {
  if (form.isPlain) return graph;
  const { name, fact } = form.port;
  const { shape } = graph.facts.get(name)!;
  const dtype = form.isInteger ? fact.dtype : "float32";
  return supplyInput(
    renamed(graph, name, `${name}/image`),
    `${name}/image`,
    registry.infer,
    (b) => {
      const at = b.within(name);
      const own = b.input(name, { dtype, shape: form.ownShape(shape) });
      const real = form.isInteger ? at.cast(own, "float32", "real") : own;
      return { value: at.reshape(at.transpose(real, form.order, "ordered"), shape, "image") };
    },
  );
}

/** The graph with one of its inputs renamed. */
function renamed(graph: TypedGraph, name: string, other: string): TypedGraph {
  const facts = new Map(graph.facts);
  facts.set(other, facts.get(name)!);
  facts.delete(name);
  return {
    ...graph,
    inputs: graph.inputs.map((port) => (port.name === name ? { ...port, name: other } : port)),
    nodes: graph.nodes.map((node) => readInstead(node, name, other)),
    facts,
  };
}
