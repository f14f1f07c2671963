import type { Node } from "../../onnx/ir.js";
import type { Arity } from "./spec.js";

/** Describes a wrong number of inputs; undefined if the number is right. */
export function arityProblem({ inputs }: Node, [least, most]: Arity): string | undefined {
  // All inputs of a variadic operator are required.
  const needed = inputs.slice(0, most === Infinity ? undefined : least);
  if (inputs.length >= least && inputs.length <= most && !needed.includes("")) return undefined;
  const range =
    least === most ? `${least}` : `${least} to ${most === Infinity ? "any number" : most}`;
  return `it takes ${range} inputs, not (${inputs.map((name) => `"${name}"`).join(", ")})`;
}
