import type { GraphBuilder } from "../../onnx/builder.js";
import type { Node, Value } from "../../onnx/ir.js";

/**
 * Adds copies of nodes of the graph, with other values as inputs.
 *
 * @param values the replaced values by name; the outputs of the nodes are added
 * @param replacing the input of one node to replace, and its value
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
