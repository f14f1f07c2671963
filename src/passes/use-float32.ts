import { dataTypeOf } from "../onnx/file/element-types.js";
import type { Attribute, Fact, Graph, Node } from "../onnx/ir.js";
import { isFloat } from "../tensor/dtype.js";
import { float32, toNumbers, type Tensor } from "../tensor/tensor.js";

const floatCodes = new Set(
  (["float16", "float64", "bfloat16"] as const).map((dtype) => dataTypeOf(dtype)),
);

/**
 * Converts the network to float32, including its inputs and outputs. Half precision has too few digits for
 * completeness checks, and back ends lack float64 kernels. Weights are converted (exactly, for halves), and casts
 * between float types become casts to float32.
 */
export function useFloat32(graph: Graph): Graph {
  const nodes = graph.nodes.map(convertNode);
  const other = [...graph.inputs.map((i) => i.fact), ...graph.constants.values()].some((v) =>
    isOther(v.dtype),
  );
  if (!other && nodes.every((node, i) => node === graph.nodes[i])) return graph;
  return {
    ...graph,
    inputs: graph.inputs.map(({ name, fact }) => ({ name, fact: convertFact(fact) })),
    outputs: graph.outputs.map(({ name, fact }) => ({ name, fact: convertFact(fact) })),
    constants: new Map([...graph.constants].map(([name, t]) => [name, convertTensor(t)])),
    nodes,
  };
}

const isOther = (dtype: Fact["dtype"]): boolean => isFloat(dtype) && dtype !== "float32";

function convertFact(fact: Fact): Fact {
  return isOther(fact.dtype) ? { ...fact, dtype: "float32" } : fact;
}

function convertTensor(t: Tensor): Tensor {
  return isOther(t.dtype) ? float32(t.dims, Float32Array.from(toNumbers(t))) : t;
}

/** Attributes that hold an element type: Cast's `to`, EyeLike's `dtype`. */
const typeAttributes: ReadonlySet<string> = new Set(["to", "dtype", "output_dtype"]);

function convertAttribute(name: string, a: Attribute): Attribute {
  if (a.type === "int" && typeAttributes.has(name) && floatCodes.has(a.value)) {
    return { type: "int", value: dataTypeOf("float32") };
  }
  if (a.type === "tensor" && isOther(a.value.dtype))
    return { type: "tensor", value: convertTensor(a.value) };
  if (a.type === "graph") {
    const value = useFloat32(a.value);
    return value === a.value ? a : { type: "graph", value };
  }
  return a;
}

/**
 * Returns the node itself if nothing changes. Each subgraph is visited once: visiting it twice would cost 2ⁿ at depth
 * n.
 */
function convertNode(node: Node): Node {
  const entries = Object.entries(node.attributes);
  const converted = entries.map(([name, a]) => [name, convertAttribute(name, a)] as const);
  if (converted.every(([, a], i) => a === entries[i]![1])) return node;
  return { ...node, attributes: Object.fromEntries(converted) };
}
