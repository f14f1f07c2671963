import { BackendError, FullgradError } from "../../errors.js";
import type { Graph, TypedGraph } from "../../onnx/ir.js";
import { registry } from "../../ops/all.js";
import { expandDefinitions } from "../../passes/expand-definitions.js";
import { foldConstants } from "../../passes/fold-constants.js";
import { inferShapes } from "../../passes/infer-shapes.js";
import { isStatic, type Shape } from "../../tensor/shape.js";
import { lowerings } from "./lower/table.js";

/**
 * A graph for inputs of the given shapes: every extent is a number, shape arithmetic is gone.
 *
 * @throws {BackendError} where an extent depends on what is computed
 */
export function specialize(graph: Graph, shapes: ReadonlyMap<string, Shape>): TypedGraph {
  const folded = foldConstants(inferred(graph, shapes));
  const typed = expandDefinitions(folded, registry, (node) => !(node.op in lowerings));
  for (const node of typed.nodes) {
    for (const name of node.outputs) {
      const shape = typed.facts.get(name)?.shape ?? [];
      if (isStatic(shape)) continue;
      throw new BackendError(
        `tfjs cannot run ${node.op} (node "${node.name}"): its output [${shape.join(",")}] has a size that depends on ` +
          "what is computed; run it on ONNX Runtime (--backend ort)",
      );
    }
  }
  return typed;
}

function inferred(graph: Graph, shapes: ReadonlyMap<string, Shape>): TypedGraph {
  try {
    return inferShapes(graph, registry, shapes);
  } catch (error) {
    if (!(error instanceof FullgradError)) throw error;
    throw new BackendError(`the graph does not fit its inputs: ${error.message}`, { cause: error });
  }
}
