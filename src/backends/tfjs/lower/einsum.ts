import { parseEquation, type EinsumAttrs } from "../../../ops/layers/einsum.js";
import type { NodeView } from "../../../ops/core/node-view.js";
import { sizeOf } from "../../../tensor/shape.js";
import type { Lowerings, NodeToLower } from "./lowering.js";
import { gather } from "./movement-ops.js";
import { matmul } from "./product-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** A factor with one distinct letter per axis. */
interface Factor {
  readonly x: Operand;
  readonly letters: readonly string[];
}

const dimsOf = ({ x, letters }: Factor, of: readonly string[]): number[] =>
  of.map((letter) => x.dims[letters.indexOf(letter)]!);

/** Permutes the axes. */
const ordered = (w: TfOpBuilder, f: Factor, order: readonly string[]): Operand =>
  w.transpose(
    f.x,
    order.map((letter) => f.letters.indexOf(letter)),
  );

/** A repeated letter in a term selects the diagonal of its axes. */
function diagonal(w: TfOpBuilder, x: Operand, term: string): Factor {
  let factor: Factor = { x, letters: Array.from(term) };
  for (const letter of new Set(term)) {
    const axes = factor.letters.flatMap((l, i) => (l === letter ? [i] : []));
    if (axes.length === 1) continue;
    const rest = factor.letters.flatMap((l, i) => (l === letter ? [] : [i]));
    const extent = factor.x.dims[axes[0]!]!;
    const others = rest.map((i) => factor.x.dims[i]!);
    const grouped = w.transpose(factor.x, [...axes, ...rest]);
    const flat = w.reshape(grouped, [extent ** axes.length, ...others]);
    const step = (extent ** axes.length - 1) / Math.max(extent - 1, 1);
    const places = Array.from({ length: extent }, (_, i) => i * step);
    factor = {
      x: gather(w, flat, w.integers(places), 0),
      letters: [letter, ...rest.map((i) => factor.letters[i]!)],
    };
  }
  return factor;
}

/** Sums over letters that occur in this factor only, and over axes of extent 1 that other factors broadcast. */
function alone(
  w: TfOpBuilder,
  f: Factor,
  wanted: ReadonlySet<string>,
  extents: ReadonlyMap<string, number>,
): Factor {
  const isKept = (letter: string, i: number): boolean =>
    wanted.has(letter) && f.x.dims[i] === extents.get(letter);
  const axes = f.letters.flatMap((letter, i) => (isKept(letter, i) ? [] : [i]));
  return { x: w.reduce("Sum", f.x, axes, false), letters: f.letters.filter(isKept) };
}

/** Contracts two factors, summing over their shared letters that are not needed later. */
function contract(w: TfOpBuilder, a: Factor, b: Factor, needed: ReadonlySet<string>): Factor {
  const shared = a.letters.filter((letter) => b.letters.includes(letter));
  const batch = shared.filter((letter) => needed.has(letter));
  const summed = shared.filter((letter) => !needed.has(letter));
  const rows = a.letters.filter((letter) => !shared.includes(letter));
  const columns = b.letters.filter((letter) => !shared.includes(letter));
  const sizes = [batch, rows, summed].map((letters) => sizeOf(dimsOf(a, letters)));
  const [samples, height, depth] = sizes as [number, number, number];
  const left = w.reshape(ordered(w, a, [...batch, ...rows, ...summed]), [samples, height, depth]);
  const width = sizeOf(dimsOf(b, columns));
  const right = w.reshape(ordered(w, b, [...batch, ...summed, ...columns]), [
    samples,
    depth,
    width,
  ]);
  const dims = [...dimsOf(a, batch), ...dimsOf(a, rows), ...dimsOf(b, columns)];
  return { x: w.reshape(matmul(w, left, right), dims), letters: [...batch, ...rows, ...columns] };
}

function einsum(w: TfOpBuilder, n: NodeToLower): Operand {
  const { terms, result } = parseEquation(n.view as NodeView<EinsumAttrs>);
  const extents = new Map<string, number>();
  terms.forEach((term, i) => {
    Array.from(term).forEach((letter, axis) => {
      extents.set(letter, Math.max(extents.get(letter) ?? 0, n.x(i).dims[axis]!));
    });
  });
  const factors = terms.map((term, i) => {
    const others = terms.filter((_, k) => k !== i).join("") + result;
    return alone(w, diagonal(w, n.x(i), term), new Set(others), extents);
  });
  const whole = factors.reduce((a, b, i) => {
    const needed = new Set(terms.slice(i + 1).join("") + result);
    return contract(w, a, b, needed);
  });
  const order = Array.from(result);
  const rest = alone(w, whole, new Set(order), extents);
  const present = order.filter((letter) => rest.letters.includes(letter));
  const dims = order.map((letter) => (present.includes(letter) ? extents.get(letter)! : 1));
  return w.expand(w.reshape(ordered(w, rest, present), dims), n.dims());
}

export const einsums: Lowerings = { Einsum: einsum };
