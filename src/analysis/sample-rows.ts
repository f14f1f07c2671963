/**
 * Where the samples of a batch are in the values of a graph, by data dependence: an axis holds samples if every row of a
 * value depends on one row of the input alone. Extents say nothing: 5 steps of time are as long as 5 samples.
 *
 * @module
 */
import type { Node, TypedGraph } from "../onnx/ir.js";
import type { AxisMapping } from "../ops/core/axis-mapping.js";
import type { Registry } from "../ops/core/registry.js";
import type { Shape } from "../tensor/shape.js";
import { activePath } from "./active-path.js";
import { traceNode } from "./trace-image-axes.js";
import { extentOf, other, type TracedAxes, type TracedAxis } from "./traced-axes.js";

/**
 * The rows of an input in a value:
 * - "first": row i of its first axis depends on row i of the input alone
 * - "elsewhere": likewise, on a later axis or a part of one
 * - "mixed": an element depends on several rows
 * - "unknown": an operator on the way does not say
 */
export type SampleRows = "first" | "elsewhere" | "mixed" | "unknown";

/** The axes of a value with one factor for the rows, or why there is none. */
type State = TracedAxes | "mixed" | "unknown";

/** Where the rows along one axis of an input are in an output that depends on it differentiably. */
export function sampleRows(
  graph: TypedGraph,
  registry: Registry,
  {
    input,
    output,
    axis,
  }: { readonly input: string; readonly output: string; readonly axis: number },
): SampleRows {
  const shape = graph.facts.get(input)!.shape;
  const start = shape.map((size, i): TracedAxis =>
    i === axis ? [{ role: "batch", size }] : other(size),
  );
  const states = new Map<string, State>([[input, start]]);
  const { active } = activePath(graph, registry, [input]);
  for (const node of graph.nodes) {
    for (const made of node.outputs) {
      const fact = graph.facts.get(made);
      if (!active.has(made)) continue;
      const state = fact ? stateOf(graph, registry, node, made, fact.shape, states) : "unknown";
      states.set(made, state);
    }
  }
  const state = states.get(output) ?? "unknown";
  if (typeof state === "string") return state;
  return rowsAxis(state) === 0 && state[0]!.length === 1 ? "first" : "elsewhere";
}

/** The axis that contains the rows. */
const rowsAxis = (axes: TracedAxes): number =>
  axes.findIndex((atoms) => atoms.some((a) => a.role === "batch"));

function stateOf(
  graph: TypedGraph,
  registry: Registry,
  node: Node,
  output: string,
  shape: Shape,
  states: ReadonlyMap<string, State>,
): State {
  const inputs = node.inputs.map((name) => states.get(name));
  if (inputs.includes("mixed")) return "mixed";
  if (inputs.includes("unknown")) return "unknown";
  const mapping = registry.of(node).axes(registry.view(graph, node, () => false));
  const role = registry.role(node);
  const weights = graph.facts.get(node.inputs[1] ?? "")?.shape ?? [];
  const known = inputs as readonly (TracedAxes | undefined)[];
  const step = { inputs: known, shape, at: node.outputs.indexOf(output) };
  const combined = role === "convolution" ? convolved(weights, known) : combines(mapping, known);
  if (combined) return combined;
  if (mapping.kind === "same" || mapping.kind === "joined" || mapping.kind === "labelled") {
    // Rows that are written to indexed positions.
    if (role === "join" && mapping.kind === "same" && known[2]) return "unknown";
    return together(mapping, step);
  }
  if (mapping.kind === "sequence") return afterSequence(mapping.batch, step);
  const [x, ...more] = known;
  if (!x || more.some((axes) => axes && !isFirst(axes))) return "unknown";
  const { kind } = mapping;
  if (kind === "spatial" || kind === "resampled" || kind === "padded") {
    return kept(x, shape, rowsAxis(x));
  }
  const traced = new Map([[node.inputs[0]!, x]]);
  const axes = traceNode(graph, registry, node, shape, traced, output);
  return axes ? checked(axes, shape) : "unknown";
}

const isFirst = (axes: TracedAxes): boolean => rowsAxis(axes) === 0 && axes[0]!.length === 1;

/** The axes of a result, if they fit its shape and contain the rows. */
function checked(axes: TracedAxes, shape: Shape): State {
  const fits = axes.length === shape.length && axes.every((a, i) => extentOf(a) === shape[i]);
  const rows = axes.flat().filter((a) => a.role === "batch");
  if (!fits || rows.length > 1) return "unknown";
  return rows.length === 0 ? "mixed" : axes;
}

/** Axes of a shape; `axis` keeps the factors of axis `from`, and with them the rows. */
function kept(x: TracedAxes, shape: Shape, axis: number, from = axis): State {
  return checked(
    shape.map((size, i) => (i === axis ? x[from]! : other(size))),
    shape,
  );
}

/** "mixed" if a node combines elements along the axis of the rows; undefined if it does not, or need not be asked. */
function combines(
  mapping: AxisMapping,
  inputs: readonly (TracedAxes | undefined)[],
): "mixed" | "unknown" | undefined {
  const [x] = inputs;
  if (!x) return undefined;
  const axis = rowsAxis(x);
  switch (mapping.kind) {
    case "same":
      return mapping.along?.includes(axis) ? "mixed" : undefined;
    case "spatial":
      return axis === 0 ? undefined : axis > 1 ? "mixed" : "unknown";
    case "reduced":
      return mapping.axes.includes(axis) ? "mixed" : undefined;
    case "replaced":
      return mapping.axis === axis ? "mixed" : undefined;
    default:
      return undefined;
  }
}

/** As {@link combines}, for a convolution: by its weights [O,I,…kernel]. */
function convolved(
  weights: Shape,
  [x, ...others]: readonly (TracedAxes | undefined)[],
): "mixed" | "unknown" | undefined {
  if (!x || others.some(Boolean)) return "mixed";
  const axis = rowsAxis(x);
  if (axis === 0) return undefined;
  return weights[axis] === 1 ? "unknown" : "mixed";
}

interface RowStep {
  readonly inputs: readonly (TracedAxes | undefined)[];
  readonly shape: Shape;
  /** Index of the output. */
  readonly at: number;
}

type Together = Extract<AxisMapping, { readonly kind: "same" | "joined" | "labelled" }>;

/** Inputs that are combined element by element, joined or multiplied: their rows must be on one axis of the result. */
function together(mapping: Together, { inputs, shape }: RowStep): State {
  const found = inputs.flatMap((axes, i) => {
    if (!axes) return [];
    const own = rowsAxis(axes);
    const place =
      mapping.kind === "labelled"
        ? mapping.result.indexOf(mapping.terms[i]![own]!)
        : own - axes.length + shape.length;
    return [{ place, row: axes[own]! }];
  });
  const [first] = found;
  if (!first) return "unknown";
  const { place, row } = first;
  const sizes = (axis: TracedAxis): string => axis.map((a) => `${a.role}${a.size}`).join();
  const isSame = found.every((f) => f.place === place && sizes(f.row) === sizes(row));
  if (!isSame || place < 0 || (mapping.kind === "joined" && mapping.axis === place)) return "mixed";
  return checked(
    shape.map((size, i) => (i === place ? row : other(size))),
    shape,
  );
}

/** Y [T,D,N,H] and the states [D,N,H] of a recurrent layer; Y [N,T,D,H] and [N,D,H] with the batch first. */
function afterSequence(batch: 0 | 1, { inputs, shape, at }: RowStep): State {
  const [x, w, r, b, lengths, ...states] = inputs;
  if (w || r || b || lengths) return "unknown";
  const first = x ?? states.find(Boolean);
  if (!first || [x, ...states].some((axes) => axes && rowsAxis(axes) !== batch)) return "mixed";
  return kept(first, shape, batch === 0 ? 0 : at === 0 ? 2 : 1, batch);
}
