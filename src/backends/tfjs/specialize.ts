import { BackendError, FullgradError } from "../../errors.js";
import { straightThroughDomain, type Graph, type Node, type TypedGraph } from "../../onnx/ir.js";
import { registry } from "../../ops/all.js";
import { expandDefinitions } from "../../passes/replacement/expand-definitions.js";
import { foldConstants } from "../../passes/fold-constants.js";
import { inferShapes } from "../../passes/infer-shapes.js";
import { isStatic, type Shape } from "../../tensor/shape.js";
import { lowerings } from "./lower/table.js";

/**
 * Specializes a graph to input shapes: every extent becomes a number, shape arithmetic is folded, and definitions
 * replace nodes without a lowering.
 *
 * @throws {BackendError} if an extent depends on computed values
 */
export function specialize(graph: Graph, shapes: ReadonlyMap<string, Shape>): TypedGraph {
  return lowerable(withSizes(graph, shapes));
}

/** The graph with definitions expanded for nodes without a lowering. */
export function lowerable(graph: TypedGraph): TypedGraph {
  return expandDefinitions(graph, registry, (node) => !(node.op in lowerings));
}

/** As {@link specialize}, without expanding definitions. */
export function withSizes(graph: Graph, shapes: ReadonlyMap<string, Shape>): TypedGraph {
  const typed = foldConstants(inferred(graph, shapes));
  for (const node of typed.nodes) {
    for (const name of node.outputs) {
      const shape = typed.facts.get(name)?.shape ?? [];
      if (isStatic(shape)) continue;
      throw new BackendError(
        `tfjs cannot run ${node.op} (node "${node.name}"): the size of its output [${shape.join(",")}] depends on ` +
          "computed values; run it on ONNX Runtime (option backend: ort)",
      );
    }
  }
  return { ...typed, nodes: typed.nodes.map(asStandard) };
}

const asStandard = (node: Node): Node =>
  node.domain === straightThroughDomain ? { ...node, domain: "" } : node;

function inferred(graph: Graph, shapes: ReadonlyMap<string, Shape>): TypedGraph {
  try {
    return inferShapes(graph, registry, shapes);
  } catch (error) {
    if (!(error instanceof FullgradError)) throw error;
    throw new BackendError(`the graph does not fit its inputs: ${error.message}`, { cause: error });
  }
}
