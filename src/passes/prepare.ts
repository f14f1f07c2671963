import type { Graph, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import type { Shape } from "../tensor/shape.js";
import { expandDefinitions } from "./replacement/expand-definitions.js";
import { foldConstants } from "./fold-constants.js";
import { inferShapes } from "./infer-shapes.js";
import { levelsToFloats } from "./replacement/levels-to-floats.js";
import { resolveSequences } from "./resolve-sequences.js";
import { settleCeil } from "./settle-ceil.js";
import { vectorProducts } from "./replacement/vector-products.js";
import { upgradeOpset } from "./upgrade-opset.js";
import { useFloat32 } from "./use-float32.js";

/** The graph in the working operator set and in float32, without sequences; converted once per graph. */
export function canonicalize(graph: Graph): Graph {
  const lifted = known.get(graph) ?? resolveSequences(useFloat32(upgradeOpset(graph)));
  known.set(graph, lifted);
  return lifted;
}

const known = new WeakMap<Graph, Graph>();

/**
 * Prepares a graph for analysis and execution: operator set 18 or newer, float32, branches resolved, facts for every
 * value, shape arithmetic folded, definitions expanded for nodes without a gradient rule, quantized levels as floats,
 * and ceil-mode pools without empty windows.
 *
 * @param sizes input shapes by name, which override the declared shapes
 */
export function prepare(
  graph: Graph,
  registry: Registry,
  sizes: ReadonlyMap<string, Shape> = new Map(),
): TypedGraph {
  const folded = foldConstants(inferShapes(canonicalize(graph), registry, sizes));
  const expanded = expandDefinitions(folded, registry);
  return vectorProducts(settleCeil(levelsToFloats(expanded, registry), registry), registry);
}
