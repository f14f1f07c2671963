import type { GraphBuilder } from "../../onnx/builder.js";
import type { Node, Value } from "../../onnx/ir.js";

/**
 * Adds nodes of the graph a second time, on other values of their inputs.
 *
 * @param values the replaced values by name; the outputs of the nodes are added
 * @param replacing an input of a node that is replaced by a value of its own
 */
export function rerun(
  b: GraphBuilder,
  nodes: readonly Node[],
  values: Map<string, Value>,
  replacing: (node: Node, input: number) => Value | undefined = () => undefined,
): void {
  for (const node of nodes) {
    const { op, domain, attributes, outputs } = node;
    const inputs = node.inputs.map((name, i) =>
      name === "" ? undefined : (replacing(node, i) ?? values.get(name) ?? b.value(name)),
    );
    const made = b.call(op, inputs, attributes, {
      outputs: outputs.length,
      hint: node.name,
      domain,
    });
    outputs.forEach((name, i) => values.set(name, made[i]!));
  }
}
