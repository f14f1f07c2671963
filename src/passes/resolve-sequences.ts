import { int } from "../onnx/attribute.js";
import type { Attribute, Graph, Node } from "../onnx/ir.js";
import { int64, toNumbers, type Tensor } from "../tensor/tensor.js";

/**
 * Removes tensor sequences with known contents. Without optimization, the dynamo exporter writes a split as
 * SplitToSequence followed by SequenceAt; each SequenceAt becomes a Slice (or a Gather, if the split drops the axis).
 * Other sequences are left in place and reported as unsupported.
 */
export function resolveSequences(graph: Graph): Graph {
  const splits = new Map(
    graph.nodes.filter((n) => isOf(n, "SplitToSequence")).map((n) => [n.outputs[0]!, n]),
  );
  if (splits.size === 0) return graph;
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((node) => {
    const split = isOf(node, "SequenceAt") ? splits.get(node.inputs[0]!) : undefined;
    const at = split && numbersOf(graph, node.inputs[1]);
    return (split && at && piece(node, split, at[0]!, graph, constants)) ?? node;
  });
  const read = new Set([
    ...nodes.flatMap((n) => n.inputs),
    ...graph.outputs.map((output) => output.name),
  ]);
  const left = nodes.filter((n) => !isOf(n, "SplitToSequence") || read.has(n.outputs[0]!));
  return { ...graph, nodes: left, constants };
}

const isOf = (node: Node, op: string): boolean => node.op === op && node.domain === "";

function numbersOf(graph: Graph, name = ""): readonly number[] | undefined {
  const constant = graph.constants.get(name);
  return constant && Array.from(toNumbers(constant));
}

/** Replaces SequenceAt with index `at` on the output of a split node. */
function piece(
  node: Node,
  split: Node,
  at: number,
  graph: Graph,
  constants: Map<string, Tensor>,
): Node | undefined {
  const [x, lengths = ""] = split.inputs as [string, string?];
  const axis = intOf(split.attributes["axis"], 0);
  const constant = (hint: string, value: Tensor): string => {
    const name = `${node.name}/${hint}`;
    constants.set(name, value);
    return name;
  };
  if (lengths === "") {
    // With keepdims = 0, each piece is one index and the axis is dropped.
    const keeps = intOf(split.attributes["keepdims"], 1) !== 0;
    const index = constant("index", int64([at], keeps ? [1] : []));
    return { ...node, op: "Gather", inputs: [x, index], attributes: { axis: int(axis) } };
  }
  const range = rangeOf(graph.constants.get(lengths), at);
  if (!range) return undefined;
  const inputs = [
    x,
    constant("start", int64([range[0]])),
    constant("end", int64([range[1]])),
    constant("axis", int64([axis])),
  ];
  return { ...node, op: "Slice", inputs, attributes: {} };
}

const intOf = (a: Attribute | undefined, otherwise: number): number =>
  a?.type === "int" ? a.value : otherwise;

/** Start and end of a piece. `split` lists the lengths, or is one length for all pieces but the last. */
function rangeOf(lengths: Tensor | undefined, at: number): readonly [number, number] | undefined {
  if (!lengths) return undefined;
  const list = Array.from(toNumbers(lengths));
  if (lengths.dims.length === 0) return at < 0 ? undefined : [at * list[0]!, (at + 1) * list[0]!];
  const index = at < 0 ? at + list.length : at;
  if (index < 0 || index >= list.length) return undefined;
  const start = list.slice(0, index).reduce((sum, length) => sum + length, 0);
  return [start, start + list[index]!];
}
