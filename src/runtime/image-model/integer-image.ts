import { dtypeOf } from "../../onnx/file/element-types.js";
import type { Graph, Node } from "../../onnx/ir.js";
import { registry as rules } from "../../ops/all.js";
import type { Registry } from "../../ops/core/registry.js";
import { isMovement } from "../../ops/core/role.js";
import { byteSize, isFloat, type DType } from "../../tensor/dtype.js";

/**
 * The model with its integer input replaced by real numbers, if every path from the input leads through movements to a Cast
 * to floats, which keeps real numbers. Casts to wider integers before it become Identity.
 *
 * @returns undefined if the integers are used as such: as indices, or in integer arithmetic
 */
export function realReading(
  graph: Graph,
  input: string,
  registry: Registry = rules,
): Graph | undefined {
  const { dtype } = graph.inputs.find((i) => i.name === input)!.fact;
  if (isFloat(dtype) || dtype === "string") return undefined;
  const integers = new Set([input]);
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const read = node.inputs.filter((name) => integers.has(name));
    const inner = Object.values(node.attributes).some((a) => a.type === "graph");
    if (inner && mentions(node, integers)) return undefined;
    const role = registry.role(node);
    if (read.length === 0 || role === "size") {
      nodes.push(node);
      continue;
    }
    if (read.length > 1 || node.inputs[0] !== read[0]) return undefined;
    const to = role === "cast" ? castTo(node, dtype) : undefined;
    if (to === "float") {
      nodes.push(node);
      continue;
    }
    if (to === undefined && (role === "cast" || !isMovement(role))) return undefined;
    for (const name of node.outputs) integers.add(name);
    nodes.push(to === "integer" ? { ...node, op: "Identity", attributes: {} } : node);
  }
  const isUsed = graph.outputs.some(({ name }) => integers.has(name));
  return isUsed ? undefined : { ...graph, nodes };
}

function castTo({ attributes: { to } }: Node, from: DType): "float" | "integer" | undefined {
  const dtype = to?.type === "int" ? dtypeOf(to.value) : undefined;
  if (dtype === undefined || dtype === "string" || dtype === "bool") return undefined;
  if (isFloat(dtype)) return "float";
  return holds(dtype, from) ? "integer" : undefined;
}

/** Whether an integer type holds all numbers of another one. */
function holds(to: DType, from: DType): boolean {
  const isSigned = (dtype: DType): boolean => dtype.startsWith("int");
  if (isSigned(to) === isSigned(from)) return byteSize(to) >= byteSize(from);
  return isSigned(to) && byteSize(to) > byteSize(from);
}

function mentions(node: Node, names: ReadonlySet<string>): boolean {
  return Object.values(node.attributes).some(
    (a) =>
      a.type === "graph" &&
      a.value.nodes.some((n) => n.inputs.some((name) => names.has(name)) || mentions(n, names)),
  );
}
