import type { UnsupportedNode } from "../errors.js";
import type { Node, TypedGraph } from "../onnx/ir.js";

/** A node of a graph that prevents an explanation, for a given reason. */
export const unsupportedNode = (
  { opsets }: Pick<TypedGraph, "opsets">,
  { name, op, domain }: Node,
  reason: string,
): UnsupportedNode => ({ node: name, op, opset: opsets.get(domain) ?? 0, reason });
