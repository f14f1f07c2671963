import type { Node } from "../../onnx/ir.js";
import type { Arity } from "./spec.js";

/** What is wrong with the number of a node's inputs; undefined where nothing is. */
export function arityProblem({ inputs }: Node, [least, most]: Arity): string | undefined {
  // A variadic operator's inputs are all needed.
  const needed = inputs.slice(0, most === Infinity ? undefined : least);
  if (inputs.length >= least && inputs.length <= most && !needed.includes("")) return undefined;
  const range =
    least === most ? `${least}` : `${least} to ${most === Infinity ? "any number" : most}`;
  return `it takes ${range} inputs, not (${inputs.map((name) => `"${name}"`).join(", ")})`;
}
