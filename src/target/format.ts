import { parseTarget, type TargetExpression } from "./parse.js";

/** The class of a target; undefined for an element or another kind of target. */
function classOf(target: TargetExpression): number | undefined {
  if (target.kind === "against") return target.of && classOf(target.of);
  return "class" in target ? target.class : undefined;
}

/** The label of a target's class, for a target as in results. */
export function labelOf(
  target: number | string,
  labels: { readonly names: ReadonlyMap<number, string> } | undefined,
): string | null {
  const index = typeof target === "number" ? target : classOf(parseTarget(target));
  return labels?.names.get(index ?? -1) ?? null;
}

/**
 * "282 tiger cat", "class 7", or the expression of another target; for an output of a single number, "the output" and
 * "against the output".
 *
 * @param classes number of classes of the model's output, if it has classes
 */
export function nameOfClass(
  { target, label }: { readonly target: number | string; readonly label: string | null },
  classes?: number,
): string {
  if (label !== null) return `${target} ${label}`;
  if (classes === 1 && isOutput.has(target)) return "the output";
  if (classes === 1 && againstOutput.has(target)) return "against the output";
  return typeof target === "number" ? `class ${target}` : target;
}

const isOutput: ReadonlySet<number | string> = new Set([0, "0"]);
const againstOutput: ReadonlySet<number | string> = new Set(["against", "against:0"]);
