import { MAX_ELEMENTS } from "../onnx/file/limits.js";
import type { Fact, TypedGraph } from "../onnx/ir.js";
import { byteSize } from "../tensor/dtype.js";
import type { Dim } from "../tensor/shape.js";

/** Extents by symbol. */
export type Extents = ReadonlyMap<string, number>;

/** The largest amount of memory that a graph's tensors take at once, and the node that computes them. */
export interface Peak {
  readonly bytes: number;
  /** Undefined if the inputs and constants alone take that much. */
  readonly node?: { readonly name: string; readonly op: string; readonly fact: Fact };
}

/**
 * Estimates the memory of a run from shapes alone: nodes run in order, and a tensor is kept until its last reader has
 * run. Inputs, outputs, constants and everything computed from constants (which engines fold on loading) are kept
 * throughout. Workspaces and rounding up by the engine are not counted.
 *
 * @param extents values of the open extents; an unknown one counts as 1, so that the estimate is a lower bound
 */
export function peakMemory(graph: TypedGraph, extents: Extents = new Map()): Peak {
  const { nodes, facts, constants, inputs, outputs } = graph;
  const bytesOf = (name: string): number => {
    const fact = facts.get(name);
    return fact ? bytesOfFact(fact, extents) : 0;
  };
  const kept = new Set([...inputs, ...outputs].map(({ name }) => name));
  const folded = new Set(constants.keys());
  const lastReader = new Map<string, number>();
  for (const [i, node] of nodes.entries()) {
    for (const name of node.inputs) lastReader.set(name, i);
    if (node.inputs.every((name) => name === "" || folded.has(name))) {
      for (const name of node.outputs) folded.add(name);
    }
  }
  let held = 0;
  for (const name of new Set([...folded, ...inputs.map((port) => port.name)])) {
    held += bytesOf(name);
  }
  let peak: Peak = { bytes: held };
  for (const [i, { name, op, inputs: read, outputs: made }] of nodes.entries()) {
    const fresh = made.filter((value) => !folded.has(value));
    for (const value of fresh) held += bytesOf(value);
    if (held > peak.bytes) peak = { bytes: held, node: { name, op, fact: facts.get(made[0]!)! } };
    const isDone = (value: string): boolean =>
      !kept.has(value) && !folded.has(value) && (lastReader.get(value) ?? i) === i;
    for (const value of new Set([...read, ...fresh])) if (isDone(value)) held -= bytesOf(value);
  }
  return peak;
}

/** Bytes of a value; an unknown extent counts as 1. */
export function bytesOfFact({ dtype, shape }: Fact, extents: Extents = new Map()): number {
  return shape.reduce<number>((size, dim) => size * extentOf(dim, extents), byteSize(dtype));
}

/** Limit on the length of an expression; real models have much shorter ones. */
const longestExpression = 1000;

/**
 * Evaluates an extent; unknown symbols count as 1. Expressions are those of tensor/shape.ts ("2*N", "(N+1)") and of a resized
 * ("(Nx2)") or sliced axis ("(N[0:9:2])", at most N).
 */
function extentOf(dim: Dim, extents: Extents): number {
  if (typeof dim === "number") return dim;
  const known = extents.get(dim);
  if (known !== undefined) return known;
  if (dim.length > longestExpression) return extents.size === 0 ? 1 : MAX_ELEMENTS;
  if (/^\(.*\)$/.test(dim)) return extentOfSum(dim.slice(1, -1).replaceAll("·", "*"), extents);
  const factors = dim.split("*");
  if (factors.length === 1) return /^\d+$/.test(dim) ? Number(dim) : 1;
  return factors.reduce((product, factor) => product * extentOf(factor, extents), 1);
}

function extentOfSum(text: string, extents: Extents): number {
  const at = operatorIn(text);
  if (at === undefined) return extentOf(text, extents);
  const a = extentOf(text.slice(0, at), extents);
  if (text[at] === "[") return a;
  if (text[at] === "x") return Math.floor(a * Number(text.slice(at + 1)));
  const b = extentOf(text.slice(at + 1), extents);
  return text[at] === "+" ? a + b : text[at] === "-" ? Math.max(0, a - b) : Math.floor(a / b);
}

/** Position of the operator outside of all parentheses. */
function operatorIn(text: string): number | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (depth === 0 && i > 0 && /^[-+/[]|^x[\d.]/.test(text.slice(i, i + 2))) return i;
    if (text[i] === "(") depth++;
    else if (text[i] === ")") depth--;
  }
  return undefined;
}
