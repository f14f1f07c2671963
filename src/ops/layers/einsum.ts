import { text } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { fromNumbers } from "../../tensor/tensor.js";
import type { Dim } from "../../tensor/shape.js";
import { emptyMatrix } from "../core/along-axis.js";
import { contraction } from "./contraction.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

export interface EinsumAttrs {
  readonly equation: string;
}

/** An equation with every axis labelled by one letter. */
export interface Equation {
  readonly terms: readonly string[];
  readonly result: string;
}

/** Letters unused by equations, for the axes of an ellipsis and for diagonals. */
const spare = "ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba";

/** The equation of a node. @throws {ShapeError} if it does not fit the inputs */
export function parseEquation(n: NodeView<EinsumAttrs>): Equation {
  const equation = n.attrs.equation.replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const written = left.split(",");
  if (written.length !== n.inputs.length) {
    throw n.error(
      `equation "${equation}" has ${written.length} terms for ${n.inputs.length} inputs`,
    );
  }
  const free = Array.from(spare).filter((letter) => !equation.includes(letter));
  const hidden = written.map((term, i) =>
    term.includes("...") ? n.rank(i) - (term.length - 3) : 0,
  );
  const ellipsis = free.slice(0, Math.max(0, ...hidden));
  const terms = written.map((term, i) => {
    const letters = ellipsis.slice(ellipsis.length - hidden[i]!).join("");
    const full = term.replace("...", letters);
    if (full.length !== n.rank(i)) {
      throw n.error(`term "${term}" of equation "${equation}" does not fit rank ${n.rank(i)}`);
    }
    return full;
  });
  if (right !== undefined) return { terms, result: right.replace("...", ellipsis.join("")) };
  // Without "->": the ellipsis axes, then the letters that appear once, in alphabetical order.
  const all = written.join("").replaceAll(".", "");
  const once = Array.from(new Set(all))
    .filter((c) => all.split(c).length === 2)
    .sort();
  return { terms, result: [...ellipsis, ...once].join("") };
}

/** Extent of each label; broadcast extents of 1 yield to the other one. */
function extents(n: NodeView<EinsumAttrs>, { terms }: Equation): Map<string, Dim> {
  const found = new Map<string, Dim>();
  terms.forEach((term, i) => {
    Array.from(term).forEach((letter, axis) => {
      const dim = n.shape(i)[axis]!;
      const known = found.get(letter);
      if (known === undefined || known === 1 || (typeof known === "string" && dim !== 1)) {
        found.set(letter, dim);
      } else if (
        typeof known === "number" &&
        typeof dim === "number" &&
        dim !== 1 &&
        dim !== known
      ) {
        throw n.error(`label "${letter}" stands for extents ${known} and ${dim}`);
      }
    });
  });
  return found;
}

// y = Σ Πᵢ xᵢ over the labels that are not in the result. dxᵢ: the same sum with dy instead of xᵢ and the labels of xᵢ
// as result. A label of xᵢ alone was summed over, so its gradient is constant along it; a repeated label in one term is
// a diagonal, so its gradient is multiplied by an identity matrix. With k active factors J·x = k·y, bias = (1 − k)·y.
const einsum: OpSpec<EinsumAttrs> = {
  type: "Einsum",
  since: 12,
  arity: [1, Infinity],
  role: "product",
  axes: (n) => ({ kind: "labelled", ...parseEquation(n) }),
  parameters: ["weight", "weight", "weight"],
  attrs: (a) => ({ equation: a.text("equation", "") }),
  infer: (n) => {
    const equation = parseEquation(n);
    const dims = extents(n, equation);
    return [
      n.like(
        Array.from(equation.result).map((letter) => {
          const dim = dims.get(letter);
          if (dim === undefined)
            throw n.error(`the result's label "${letter}" does not occur in any term`);
          return dim;
        }),
      ),
    ];
  },
  definition: (b, n) => {
    const equation = parseEquation(n);
    return [contraction(b, n, equation.terms, equation.result, extents(n, equation))];
  },
  vjp: (b, n, [dy]) => {
    const equation = parseEquation(n);
    return n.inputs.map((_, i) => () => factorGradient(b, n, dy!, equation, i));
  },
  bias: (n) => {
    const factors = n.inputs.filter((_, i) => n.isActive(i)).length;
    if (factors === 1) return "none";
    return { kind: "implicit", emit: (b) => b.mulScalar(n.y(), 1 - factors, "bias") };
  },
};

function factorGradient(
  b: GraphBuilder,
  n: NodeView<EinsumAttrs>,
  dy: Value,
  { terms, result }: Equation,
  i: number,
): Value {
  const values = [dy, ...n.inputs.flatMap((v, k) => (k === i || !v ? [] : [v]))];
  const labels = [result, ...terms.filter((_, k) => k !== i)];
  const used = [...terms, result].join("");
  const free = Array.from(spare).filter((letter) => !used.includes(letter));
  // A repeated label in the term gets a new letter, tied to the first by an identity matrix.
  const term = Array.from(terms[i]!).map((letter, axis, all) => {
    if (all.indexOf(letter) === axis) return letter;
    const other = free.shift()!;
    const extent = n.shape(i)[axis]!;
    if (typeof extent === "string") throw n.error(`a diagonal of open extent ${extent}`);
    const unit = emptyMatrix(n, extent, extent);
    for (let k = 0; k < extent; k++) unit[k * (extent + 1)] = 1;
    values.push(b.constant(fromNumbers(dy.fact.dtype, [extent, extent], unit), "diagonal"));
    labels.push(`${letter}${other}`);
    return other;
  });
  const reached = new Set(labels.join(""));
  const there = term.filter((letter) => reached.has(letter));
  const attributes = { equation: text(`${labels.join(",")}->${there.join("")}`) };
  const gradient = b.op("Einsum", values, attributes, "dx");
  if (there.length === term.length) return gradient;
  const dims = [...gradient.fact.shape];
  const wide = term.map((letter) => (reached.has(letter) ? dims.shift()! : 1));
  const spread = b.reshape(gradient, wide);
  return b.op("Expand", [spread, b.shapeOf(n.x(i))], {}, "dx");
}

export const einsums: readonly OpSpec[] = [einsum];
