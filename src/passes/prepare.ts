import type { Graph, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import type { Shape } from "../tensor/shape.js";
import { expandDefinitions } from "./expand-definitions.js";
import { foldConstants } from "./fold-constants.js";
import { inferShapes } from "./infer-shapes.js";
import { levelsToFloats } from "./levels-to-floats.js";
import { resolveSequences } from "./resolve-sequences.js";
import { settleCeil } from "./settle-ceil.js";
import { vectorProducts } from "./vector-products.js";
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
 * A graph as the analyzer and the engine want it: operator set 18 or newer, float32, branches resolved, facts for every
 * value, shape arithmetic folded, definitions in the place of nodes without a gradient of their own, floats in that of quantized levels, pools in ceil mode without windows that nothing computes.
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
