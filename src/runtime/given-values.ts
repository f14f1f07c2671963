import type { Graph, Port } from "../onnx/ir.js";
import { isFloat } from "../tensor/dtype.js";
import { isStatic, sameShape, sizeOf } from "../tensor/shape.js";
import { full, toNumbers, type Tensor, type Tensors } from "../tensor/tensor.js";

/** Limit on the elements of a control value: a sample rate, a switch, the lengths of a few sequences. */
const mostSettling = 16;

/**
 * The graph with the given elements of its control inputs: small counts or switches, which determine the branch of an If
 * or the iterations of a Loop before the graph runs.
 */
export function withGiven(graph: Graph, feeds: Tensors = new Map()): Graph {
  const settled = graph.inputs.map((port) => {
    const value = feeds.get(port.name);
    if (!value || !settles(port, value)) return port;
    return { ...port, fact: { ...port.fact, elements: Array.from(toNumbers(value)) } };
  });
  return settled.every((port, i) => port === graph.inputs[i])
    ? graph
    : { ...graph, inputs: settled };
}

/** A key for the control values of a graph from {@link withGiven}. */
export const givenKey = ({ inputs }: Graph): string =>
  JSON.stringify(
    inputs.flatMap(({ name, fact: { elements } }) => (elements ? [name, elements] : [])),
  );

function settles({ fact: { dtype, shape } }: Port, { dims }: Tensor): boolean {
  const isChoice = !isFloat(dtype) || shape.length === 0;
  return isChoice && isStatic(shape) && sizeOf(shape) <= mostSettling && sameShape(shape, dims);
}

/** Zeros for an input; open extents are the number of samples. */
export function zerosFor({ fact: { shape } }: Port, samples: number): Tensor {
  const dims = shape.map((d) => (typeof d === "number" ? d : samples));
  return full("float32", dims, 0);
}
