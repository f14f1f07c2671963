/**
 * A sum over labelled axes (Einsum) as matrix products, one pair of factors at a time.
 *
 * @module
 */
import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { multiplyDims, type Dim } from "../../tensor/shape.js";
import type { NodeView } from "../core/node-view.js";

/** A factor with one distinct letter per axis. */
interface Factor {
  readonly x: Value;
  readonly letters: readonly string[];
}

/** Y = Σ Πᵢ xᵢ over the letters that are not in the result. */
export function contraction(
  b: GraphBuilder,
  n: NodeView,
  terms: readonly string[],
  result: string,
  extents: ReadonlyMap<string, Dim>,
): Value {
  const factors = terms.map((term, i) => {
    const others = terms.filter((_, k) => k !== i).join("") + result;
    return alone(b, diagonal(b, n, n.x(i), term), new Set(others), extents);
  });
  const whole = factors.reduce((p, q, i) => {
    const needed = new Set(terms.slice(i + 1).join("") + result);
    return product(b, p, q, needed);
  });
  const order = Array.from(result);
  const rest = alone(b, whole, new Set(order), extents);
  const there = order.filter((letter) => rest.letters.includes(letter));
  const dims = order.map((letter) => (there.includes(letter) ? extents.get(letter)! : 1));
  return b.expandLike(b.reshape(ordered(b, rest, there), dims), n.y());
}

const dimsOf = ({ x, letters }: Factor, of: readonly string[]): Dim[] =>
  of.map((letter) => x.fact.shape[letters.indexOf(letter)]!);

/** Transposes a factor to another order of its letters. */
const ordered = (b: GraphBuilder, f: Factor, order: readonly string[]): Value =>
  b.transpose(
    f.x,
    order.map((letter) => f.letters.indexOf(letter)),
  );

/** Replaces axes with a repeated letter by their diagonal. */
function diagonal(b: GraphBuilder, n: NodeView, x: Value, term: string): Factor {
  let factor: Factor = { x, letters: Array.from(term) };
  for (const letter of new Set(term)) {
    const axes = factor.letters.flatMap((l, i) => (l === letter ? [i] : []));
    if (axes.length === 1) continue;
    const rest = factor.letters.flatMap((l, i) => (l === letter ? [] : [i]));
    const { shape } = factor.x.fact;
    const extent = shape[axes[0]!]!;
    if (typeof extent === "string") throw n.error(`a diagonal of open extent ${extent}`);
    const grouped = b.transpose(factor.x, [...axes, ...rest]);
    const flat = b.reshape(grouped, [extent ** axes.length, ...rest.map((i) => shape[i]!)]);
    const step = (extent ** axes.length - 1) / Math.max(extent - 1, 1);
    const positions = b.ints(Array.from({ length: extent }, (_, i) => i * step));
    factor = {
      x: b.op("Gather", [flat, positions], { axis: int(0) }, "diagonal"),
      letters: [letter, ...rest.map((i) => factor.letters[i]!)],
    };
  }
  return factor;
}

/** Sums over letters of this factor only, and over axes of extent 1 that other factors broadcast. */
function alone(
  b: GraphBuilder,
  f: Factor,
  wanted: ReadonlySet<string>,
  extents: ReadonlyMap<string, Dim>,
): Factor {
  const isKept = (letter: string, i: number): boolean =>
    wanted.has(letter) && f.x.fact.shape[i] === extents.get(letter);
  const axes = f.letters.flatMap((letter, i) => (isKept(letter, i) ? [] : [i]));
  return { x: b.sum(f.x, axes, false), letters: f.letters.filter(isKept) };
}

/** The product of two factors, summed over their common letters that are not needed later. */
function product(b: GraphBuilder, p: Factor, q: Factor, needed: ReadonlySet<string>): Factor {
  const shared = p.letters.filter((letter) => q.letters.includes(letter));
  const batch = shared.filter((letter) => needed.has(letter));
  const summed = shared.filter((letter) => !needed.has(letter));
  const rows = p.letters.filter((letter) => !shared.includes(letter));
  const columns = q.letters.filter((letter) => !shared.includes(letter));
  const size = (f: Factor, letters: readonly string[]): Dim => multiplyDims(...dimsOf(f, letters));
  const [samples, depth] = [size(p, batch), size(p, summed)];
  const left = b.reshape(ordered(b, p, [...batch, ...rows, ...summed]), [
    samples,
    size(p, rows),
    depth,
  ]);
  const right = b.reshape(ordered(b, q, [...batch, ...summed, ...columns]), [
    samples,
    depth,
    size(q, columns),
  ]);
  const dims = [...dimsOf(p, batch), ...dimsOf(p, rows), ...dimsOf(q, columns)];
  return { x: b.reshape(b.matmul(left, right), dims), letters: [...batch, ...rows, ...columns] };
}
