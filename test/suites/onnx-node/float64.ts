import { dataTypeOf } from "../../../src/onnx/file/element-types.js";
import type { Attribute, Fact, Graph, Port } from "../../../src/onnx/ir.js";
import { fromNumbers, toNumbers, type Tensor } from "../../../src/tensor/tensor.js";

/** The same computation in float64: difference quotients of float32 have three digits. */
export function inFloat64(graph: Graph): Graph {
  const nodes = graph.nodes.map((node) => ({
    ...node,
    attributes: Object.fromEntries(
      Object.entries(node.attributes).map(([name, a]) => [name, widenAttribute(name, a)]),
    ),
  }));
  return {
    ...graph,
    inputs: graph.inputs.map(widenPort),
    outputs: graph.outputs.map(widenPort),
    constants: new Map([...graph.constants].map(([name, t]) => [name, widen(t)])),
    nodes,
  };
}

/** A float32 tensor as float64; any other as it is. */
export function widen(t: Tensor): Tensor {
  return t.dtype === "float32" ? fromNumbers("float64", t.dims, toNumbers(t)) : t;
}

function widenPort({ name, fact }: Port): Port {
  const wide: Fact = { ...fact, dtype: fact.dtype === "float32" ? "float64" : fact.dtype };
  return { name, fact: wide };
}

const typeAttributes: ReadonlySet<string> = new Set(["to", "dtype", "output_dtype"]);

function widenAttribute(name: string, a: Attribute): Attribute {
  if (a.type === "tensor") return { type: "tensor", value: widen(a.value) };
  if (a.type !== "int" || !typeAttributes.has(name)) return a;
  return a.value === dataTypeOf("float32") ? { type: "int", value: dataTypeOf("float64") } : a;
}
