/**
 * Closed forms of pointwise regions with a known function. Their slope and bias take fewer passes over the tensor than
 * the rules of the single nodes: 6 instead of 11 for a SiLU, 9 instead of 13 for a GELU.
 *
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Node, TypedGraph, Value } from "../../onnx/ir.js";
import type { Factored } from "../core/spec.js";
import { elementCount, toNumbers } from "../../tensor/tensor.js";

/** y = f(x) of a region. */
export interface RegionForm {
  /** f'(x) */
  readonly slope: (b: GraphBuilder) => Value;
  /** f(x) − f'(x)·x */
  readonly bias: Factored;
}

/** The closed form of a region's nodes, given in graph order; undefined if their function is not known here. */
export function regionForm(
  graph: TypedGraph,
  nodes: readonly Node[],
  entry: string,
): RegionForm | undefined {
  return siluForm(nodes, entry) ?? geluForm(graph, nodes, entry);
}

// y = x·s, s = σ(x); y' = s + q, q = x·s·(1 − s) = y − y·s; bias = −x·q. As exact as y, the product of x and the same
// s.
function siluForm(nodes: readonly Node[], entry: string): RegionForm | undefined {
  const [sigmoid, product] = nodes;
  const fits =
    nodes.length === 2 &&
    sigmoid?.op === "Sigmoid" &&
    product?.op === "Mul" &&
    isProduct(product, entry, sigmoid.outputs[0]!);
  if (!fits) return undefined;
  const bend = (b: GraphBuilder): Value => {
    const [s, y] = [b.value(sigmoid.outputs[0]!), b.value(product.outputs[0]!)];
    return b.sub(y, b.mul(y, s));
  };
  return {
    slope: (b) => b.add(b.value(sigmoid.outputs[0]!), bend(b), "slope"),
    bias: { factor: -1, emit: (b) => b.mul(b.value(entry), bend(b)) },
  };
}

// y = x·a/2, a = 1 + erf(t), t = x/√2; y' = a/2 + x·φ, φ = exp(−t²)/√(2π); bias = −x·(x·φ)
function geluForm(
  graph: TypedGraph,
  nodes: readonly Node[],
  entry: string,
): RegionForm | undefined {
  const numberIn = (node: Node): number | undefined =>
    node.inputs
      .map((name) => graph.constants.get(name))
      .flatMap((t) => (t && elementCount(t) === 1 ? [toNumbers(t)[0]!] : []))[0];
  const isOf = (node: Node | undefined, op: string, number: number): node is Node =>
    node?.op === op && Math.abs((numberIn(node) ?? 0) / number - 1) < 1e-6;
  const erf = nodes.find(({ op }) => op === "Erf");
  if (!erf || nodes.length !== 5) return undefined;
  const inner = nodes.find((node) => node.outputs[0] === erf.inputs[0]);
  const sum = nodes.find(({ op, inputs }) => op === "Add" && inputs.includes(erf.outputs[0]!));
  const products = nodes.filter((node) => node.op === "Mul" && node !== inner);
  if (products.length !== 2 || !inner?.inputs.includes(entry)) return undefined;
  const isScaled = isOf(inner, "Div", Math.SQRT2) || isOf(inner, "Mul", Math.SQRT1_2);
  if (!isScaled || !isOf(sum, "Add", 1) || (inner.op === "Div" && inner.inputs[0] !== entry)) {
    return undefined;
  }
  const half = products.find((node) => isOf(node, "Mul", 0.5));
  const product = products.find((node) => node !== half);
  if (!half || !product) return undefined;
  const a = sum.outputs[0]!;
  const [halved, whole] = [half.outputs[0]!, product.outputs[0]!];
  // x·a halved, or a product in which one factor was halved before.
  const fits =
    (isProduct(product, entry, a) && half.inputs.includes(whole)) ||
    (half.inputs.includes(entry) && isProduct(product, halved, a)) ||
    (half.inputs.includes(a) && isProduct(product, halved, entry));
  if (!fits) return undefined;
  const tilt = (b: GraphBuilder): Value => {
    const t = b.value(inner.outputs[0]!);
    const density = b.op("Exp", [b.sub(b.scalar(-0.5 * Math.log(2 * Math.PI), t), b.mul(t, t))]);
    return b.mul(b.value(entry), density);
  };
  return {
    slope: (b) => b.add(b.mulScalar(b.value(a), 0.5), tilt(b), "slope"),
    bias: { factor: -1, emit: (b) => b.mul(b.value(entry), tilt(b)) },
  };
}

const isProduct = ({ inputs }: Node, p: string, q: string): boolean =>
  (inputs[0] === p && inputs[1] === q) || (inputs[0] === q && inputs[1] === p);
