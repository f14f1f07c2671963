import { nodesOnPath } from "../analysis/active-path.js";
import { unsupportedNode } from "../analysis/unsupported-node.js";
import { FullgradError, UnsupportedModelError, type UnsupportedNode } from "../errors.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Node, TypedGraph, Value } from "../onnx/ir.js";
import { inputName } from "../ops/core/input-names.js";
import type { NodeView } from "../ops/core/node-view.js";
import type { Registry } from "../ops/core/registry.js";
import type { Cotangent } from "../ops/core/spec.js";
import { unbroadcast } from "./unbroadcast.js";

/** One node of the backward pass: the gradients at its outputs and its contributions to its inputs. */
export interface BackwardStep {
  readonly view: NodeView;
  readonly dy: readonly (Value | undefined)[];
  /** For each active input, the gradient contributed by this node alone. */
  readonly parts: readonly { readonly input: Value; readonly gradient: Value }[];
}

/** Nodes that compute one function of one value, with its slope. */
export interface KnownRegion {
  readonly entry: string;
  readonly exit: Node;
  readonly nodes: ReadonlySet<string>;
  slope(b: GraphBuilder): Value;
}

/** Gradients of one scalar with respect to the values of a graph. */
export interface Gradients {
  /** All differentiated nodes, in reverse topological order. */
  readonly steps: readonly BackwardStep[];
  /** The gradient, with the shape of the value; undefined if the scalar does not depend on it. */
  of(value: string): Value | undefined;
}

/**
 * Reverse-mode differentiation: adds the backward nodes of `graph` to its builder `b`.
 *
 * Visits the nodes in reverse topological order, takes the vector-Jacobian products from each operator's record, and
 * sums the contributions of all consumers of a value. Only nodes on a path from an active value to a seed are
 * visited.
 *
 * @param seeds values that the scalar is computed from, with the scalar's gradient with respect to each
 * @param active values to differentiate through (see analysis/active-path)
 * @param regions nodes that compute one function of one value, with its slope: the gradient of their entry is taken from it
 * @throws {UnsupportedModelError} listing every node on the path without a gradient rule, and every image-dependent
 *   input whose rule requires it to be constant
 */
export function differentiate(
  b: GraphBuilder,
  graph: TypedGraph,
  registry: Registry,
  seeds: ReadonlyMap<string, Value>,
  active: ReadonlySet<string>,
  regions: readonly KnownRegion[] = [],
): Gradients {
  const regionOf = new Map(regions.flatMap((r) => [...r.nodes].map((name) => [name, r] as const)));
  const contributions = new Map<string, Value[]>();
  for (const [name, seed] of seeds) contributions.set(name, [seed]);

  const total = (name: string): Value | undefined => {
    const parts = contributions.get(name);
    if (!parts || parts.length === 0) return undefined;
    const sum = parts.reduce((a, c) => b.add(a, c, `d/${name}`));
    contributions.set(name, [sum]);
    return sum;
  };

  const onPath = nodesOnPath(graph, active, seeds.keys());
  const holes = holesOf(onPath, registry, graph);
  const steps: BackwardStep[] = [];
  for (const node of onPath) {
    const { vjp } = registry.of(node);
    if (typeof vjp === "string") continue;
    const dy = node.outputs.map((name) => (name === "" ? undefined : total(name)));
    if (dy.every((g) => g === undefined)) continue;
    const view = registry.view(graph, node, (name) => active.has(name));
    const emit = b.within(node.name);
    const parts = refusing(holes, () =>
      flowing(view, vjp(emit, view, dy)).map(([i, cotangent]) => {
        const input = view.x(i);
        return { input, gradient: unbroadcast(emit, cotangent(), input.fact.shape) };
      }),
    );
    const send = (name: string, gradient: Value): void => {
      const known = contributions.get(name);
      if (known) known.push(gradient);
      else contributions.set(name, [gradient]);
    };
    const region = regionOf.get(node.name);
    for (const { input, gradient } of parts) {
      if (input.name !== region?.entry) send(input.name, gradient);
    }
    if (region && region.exit === node) {
      send(region.entry, emit.mul(dy[0]!, region.slope(emit), "region/dx"));
    }
    steps.push({ view, dy, parts });
  }
  if (holes.length > 0) throw new UnsupportedModelError(holes);
  return { of: total, steps };
}

/**
 * The cotangents that flow to active inputs, by input position.
 *
 * @throws {UnsupportedModelError} if the rule requires an active input to be constant
 */
export function flowing(
  view: NodeView,
  cotangents: readonly Cotangent[],
): readonly (readonly [input: number, emit: () => Value])[] {
  return view.inputs.flatMap((input, i) => {
    if (!input || !view.isActive(i)) return [];
    const cotangent = cotangents[i];
    if (cotangent === undefined) {
      throw new FullgradError(`the rule of ${view.node.op} returns no cotangent for input ${i}`);
    }
    if (typeof cotangent === "function") return [[i, cotangent] as const];
    if (cotangent !== "constant") return [];
    const formal = inputName(view.node.op, i) ?? "input";
    throw view.refusal(
      `input ${i} (${formal}, "${input.name}") depends on the image, but its rule holds only while that is constant`,
    );
  });
}

/**
 * The result of `emit`. If it throws UnsupportedModelError, collects the unsupported nodes and returns an empty list,
 * so that all of them are reported together.
 */
function refusing<T>(holes: UnsupportedNode[], emit: () => readonly T[]): readonly T[] {
  try {
    return emit();
  } catch (error) {
    if (!(error instanceof UnsupportedModelError)) throw error;
    holes.push(...error.holes);
    return [];
  }
}

function holesOf(nodes: readonly Node[], registry: Registry, graph: TypedGraph): UnsupportedNode[] {
  return nodes.flatMap((node) => {
    const { vjp } = registry.of(node);
    if (vjp !== "not-differentiable" && vjp !== "by-definition") return [];
    const reason =
      vjp === "by-definition"
        ? "its gradient is that of its definition: expandDefinitions first"
        : "this operator has no gradient";
    return [unsupportedNode(graph, node, reason)];
  });
}
