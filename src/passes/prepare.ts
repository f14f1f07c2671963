import type { Graph, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import type { Shape } from "../tensor/shape.js";
import { foldConstants } from "./fold-constants.js";
import { inferShapes } from "./infer-shapes.js";
import { resolveSequences } from "./resolve-sequences.js";
import { settleCeil } from "./settle-ceil.js";
import { uplift } from "./uplift.js";
import { useFloat32 } from "./use-float32.js";

/** The graph in the working operator set and in float32, without sequences. */
export function lift(graph: Graph): Graph {
  return resolveSequences(useFloat32(uplift(graph)));
}

/**
 * The graph in the form that analysis and back ends expect: operator set 18 or newer, float32, branches resolved,
 * facts for every value, shape arithmetic folded, ceil-mode pools rewritten by {@link settleCeil}.
 *
 * @param sizes input shapes by name, which override the declared shapes
 */
export function prepare(
  graph: Graph,
  registry: Registry,
  sizes: ReadonlyMap<string, Shape> = new Map(),
): TypedGraph {
  return settleCeil(foldConstants(inferShapes(lift(graph), registry, sizes)), registry);
}
