import { GraphBuilder, type InferNode } from "../../onnx/builder.js";
import type { Node, TypedGraph, Value } from "../../onnx/ir.js";
import { prune } from "../../onnx/prune.js";
import { isFloat } from "../../tensor/dtype.js";
import { normalizeAxis, type Shape } from "../../tensor/shape.js";
import { toNumbers } from "../../tensor/tensor.js";

/**
 * Reductions over at most this many elements are left to the back end. It accumulates sequentially in float32, which
 * loses low digits: in ONNX Runtime 1.30 the sum of 224x224x3 equal numbers is off by 3e-4 (relative), the sum of 24
 * million by 6e-2.
 */
const mostAddends = 1024;

/** Maximum number of addends per stage. Any number of equal addends then sums to within 1e-6 (relative). */
const blockSize = 256;

/**
 * Splits every sum and mean over more than {@link mostAddends} elements into stages: blocks first, then sums of
 * blocks. This is pairwise summation in standard float32 operators, so it holds on every back end and in exported
 * files. Smaller reductions stay unchanged, bit for bit.
 */
export function stageReductions(graph: TypedGraph, infer: InferNode): TypedGraph {
  const b = GraphBuilder.on(graph, infer);
  const facts = new Map(graph.facts);
  const made: { name: string; value: Value }[] = [];
  // The stages take the position of their node: ONNX Runtime runs the last nodes of the list first.
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const axes = wideAxes(graph, node);
    if (!axes) return [node];
    const before = b.nodes.length;
    const value = emitStages(b.within(node.name), node, axes);
    made.push({ name: value.name, value });
    const stages = b.nodes.slice(before);
    return stages.map((stage) =>
      stage.outputs[0] === value.name ? { ...stage, outputs: [node.outputs[0]!] } : stage,
    );
  });
  if (made.length === 0) return graph;
  const built = b.build([
    ...graph.outputs.map(({ name }) => ({ name, value: b.value(name) })),
    ...made,
  ]);
  for (const [name, fact] of built.facts) facts.set(name, fact);
  return prune({ ...built, facts, outputs: graph.outputs, nodes });
}

/** The axes of a sum or mean over more than {@link mostAddends} elements; otherwise undefined. */
function wideAxes({ facts, constants }: TypedGraph, node: Node): readonly number[] | undefined {
  if (node.domain !== "" || !(node.op in reducers)) return undefined;
  const fact = facts.get(node.inputs[0]!);
  if (!fact || !isFloat(fact.dtype)) return undefined;
  const rank = fact.shape.length;
  const given = constants.get(node.inputs[1] ?? "");
  if (!given && (node.inputs[1] ?? "") !== "") return undefined;
  const listed = given ? Array.from(toNumbers(given), (axis) => normalizeAxis(axis, rank)) : [];
  const isNoop = given !== undefined && listed.length === 0 && flag(node, "noop_with_empty_axes");
  if (isNoop) return undefined;
  const all = fact.shape.map((_, axis) => axis);
  const axes = node.op === "GlobalAveragePool" ? all.slice(2) : listed.length > 0 ? listed : all;
  // The divisor of a mean over an open extent is known only at run time.
  const isOpen = axes.some((axis) => typeof fact.shape[axis] !== "number");
  if (isOpen && reducers[node.op] === "ReduceMean") return undefined;
  return extent(fact.shape, axes) > mostAddends ? axes.toSorted((p, q) => p - q) : undefined;
}

const reducers: Readonly<Record<string, "ReduceSum" | "ReduceMean">> = {
  ReduceSum: "ReduceSum",
  ReduceMean: "ReduceMean",
  GlobalAveragePool: "ReduceMean",
};

const flag = (node: Node, name: string, otherwise = false): boolean => {
  const attribute = node.attributes[name];
  return attribute?.type === "int" ? attribute.value === 1 : otherwise;
};

/** Product of the extents along the axes; open extents count as 1. */
const extent = (shape: Shape, axes: readonly number[]): number =>
  axes.reduce((product, axis) => product * sizeAlong(shape, axis), 1);

const sizeAlong = (shape: Shape, axis: number): number => {
  const size = shape[axis]!;
  return typeof size === "number" ? size : 1;
};

function emitStages(b: GraphBuilder, node: Node, axes: readonly number[]): Value {
  const x = b.value(node.inputs[0]!);
  const keeps = node.op === "GlobalAveragePool" || flag(node, "keepdims", true);
  const sum = sumInStages(b, x, axes, { axes, keeps });
  const isMean = reducers[node.op] === "ReduceMean";
  return isMean ? b.mulScalar(sum, 1 / extent(x.fact.shape, axes)) : sum;
}

/**
 * Sum over the axes. Without keepdims, the last stage drops all axes at once: ONNX Runtime would turn a Squeeze after
 * it into a new node, which it runs too early (see merge-reshapes.ts).
 */
function sumInStages(
  b: GraphBuilder,
  x: Value,
  axes: readonly number[],
  whole: { readonly axes: readonly number[]; readonly keeps: boolean },
): Value {
  const axis = axes.at(-1)!;
  const { shape } = x.fact;
  if (sizeAlong(shape, axis) > blockSize) {
    return sumInStages(b, sumBlocks(b, x, axis), axes, whole);
  }
  let first = axes.length - 1;
  while (first > 0 && extent(shape, axes.slice(first - 1)) <= blockSize) first--;
  if (first === 0) return b.sum(x, whole.keeps ? axes : whole.axes, whole.keeps, "stage");
  const summed = b.sum(x, axes.slice(first), true, "stage");
  return sumInStages(b, summed, axes.slice(0, first), whole);
}

/** Sums of blocks along one axis: [… n …] → [… blocks …]. */
function sumBlocks(b: GraphBuilder, x: Value, axis: number): Value {
  const { shape } = x.fact;
  const n = sizeAlong(shape, axis);
  const rest = n % blockSize;
  const size = largestDivisor(n) >= leastBlock ? largestDivisor(n) : blockSize;
  if (n % size !== 0) {
    const [head, tail] = [b.slice(x, [axis], [0], [n - rest]), b.slice(x, [axis], [n - rest], [n])];
    return b.concat([sumBlocks(b, head, axis), b.sum(tail, [axis], true, "stage")], axis);
  }
  const split = [...shape.slice(0, axis), n / size, size, ...shape.slice(axis + 1)];
  return b.sum(b.reshape(x, split), [axis + 1], false, "stage");
}

/** Blocks shorter than this do not justify the extra nodes. */
const leastBlock = 32;

const largestDivisor = (n: number): number => {
  let size = blockSize;
  while (n % size !== 0) size--;
  return size;
};
