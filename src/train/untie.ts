import type { TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isBatchNorm } from "./batch-statistics.js";

const roles = ["scale", "shift", "mean", "variance"];

/**
 * Gives each BatchNormalization its own statistics and parameters if an exporter has merged equal constants. In an
 * untrained network all scales and variances are 1 and all shifts and means 0, but training makes them differ. Merged
 * constants are recognized by having two roles; layers that share a BatchNormalization by design share each role.
 */
export function untie(graph: TypedGraph, registry: Registry): TypedGraph {
  const uses = new Map<string, Set<number>>();
  for (const node of graph.nodes.filter((n) => isBatchNorm(registry, n))) {
    node.inputs.forEach((name, i) => uses.set(name, (uses.get(name) ?? new Set()).add(i)));
  }
  if (![...uses.values()].some((indices) => indices.size > 1)) return graph;
  const constants = new Map(graph.constants);
  const facts = new Map(graph.facts);
  const nodes = graph.nodes.map((node) => {
    if (!isBatchNorm(registry, node)) return node;
    const inputs = node.inputs.map((name, i) => {
      const constant = graph.constants.get(name);
      if (i === 0 || !constant) return name;
      const own = `${node.name}/${roles[i - 1]!}`;
      constants.set(own, constant);
      facts.set(own, facts.get(name)!);
      return own;
    });
    return { ...node, inputs };
  });
  return { ...graph, nodes, constants, facts };
}
