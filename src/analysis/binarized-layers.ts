import type { UnsupportedNode } from "../errors.js";
import type { TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isMovement, type Role } from "../ops/core/role.js";
import { activePath } from "./active-path.js";
import { unsupportedNode } from "./unsupported-node.js";

const layers: ReadonlySet<Role | undefined> = new Set<Role>(["convolution", "product"]);
/** Roles of nodes between a binarised value and its layer: movements, padding, and a product with a constant. */
const between = (role: Role | undefined, varying: number): boolean =>
  isMovement(role) || role === "padding" || (role === "multiplication" && varying === 1);

/**
 * Finds steps on the path from the input to an output whose result a layer reads. Such a layer has no gradient, so that an
 * explanation would omit it even if other paths, such as shortcuts, have one.
 */
export function binarizedLayers(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
): readonly UnsupportedNode[] {
  if (!graph.nodes.some((node) => registry.of(node).wayThrough !== undefined)) return [];
  const { active, dependent } = activePath(graph, registry, [input]);
  const wanted = new Set([output]);
  const read = new Set<string>();
  const found: UnsupportedNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    for (const name of node.inputs) wanted.add(name);
    const role = registry.role(node);
    const varying = node.inputs.filter((name) => dependent.has(name)).length;
    const leads = node.outputs.some((name) => read.has(name));
    const isRead = layers.has(role) || (leads && between(role, varying));
    if (isRead) for (const name of node.inputs) read.add(name);
    const reason = registry.of(node).wayThrough;
    if (reason === undefined || !read.has(node.outputs[0]!) || !active.has(node.inputs[0]!))
      continue;
    found.push(unsupportedNode(graph, node, reason));
  }
  return found.reverse();
}
