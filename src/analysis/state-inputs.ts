import type { Graph, Node } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isMovement } from "../ops/core/role.js";
import { isFloat } from "../tensor/dtype.js";

/**
 * The names of a model's inputs that hold the state of a recurrent layer, for sequences processed in pieces: those
 * connected to its initial state by movements alone, also in branches and bodies.
 */
export function stateInputs(graph: Graph, registry: Registry): ReadonlySet<string> {
  const found = new Set<string>();
  follow(graph.nodes, registry, found);
  const states = graph.inputs.filter(({ name, fact }) => found.has(name) && isFloat(fact.dtype));
  return new Set(states.map(({ name }) => name));
}

/** Adds the values that become states to `found`. */
function follow(nodes: readonly Node[], registry: Registry, found: Set<string>): void {
  for (const { op, domain, inputs, outputs, attributes } of nodes.toReversed()) {
    const { role, reads } = registry.get(op, domain) ?? {};
    for (const at of reads?.states ?? []) found.add(inputs[at] ?? "");
    for (const attribute of Object.values(attributes)) {
      if (attribute.type !== "graph") continue;
      const { nodes: inner, inputs: given } = attribute.value;
      follow(inner, registry, found);
      given.forEach(({ name }, i) => {
        if (found.has(name)) found.add(inputs[i] ?? "");
      });
    }
    const moves = isMovement(role) && outputs.some((name) => found.has(name));
    if (moves) found.add(inputs[0] ?? "");
  }
}
