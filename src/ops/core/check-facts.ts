import type { Fact } from "../../onnx/ir.js";
import { MAX_SYMBOL_CHARACTERS, shapeProblem } from "../../onnx/file/limits.js";
import { isStatic, sizeOf } from "../../tensor/shape.js";

/**
 * Describes a defect of inferred facts; undefined if there is none. Rules may rely on the facts of their inputs:
 * integer extents, a product within the size limit of tensors, and as many elements as the shape says. Files whose
 * attributes or weights contradict their shapes are rejected here.
 */
export function factsProblem(facts: readonly Fact[]): string | undefined {
  for (const { shape, elements = [] } of facts) {
    const problem = shapeProblem(shape);
    if (problem !== undefined) return problem;
    if (elements.length > 0 && isStatic(shape) && sizeOf(shape) !== elements.length) {
      return `${elements.length} elements in [${shape.join(",")}]`;
    }
    let characters = 0;
    for (const element of elements) characters += typeof element === "string" ? element.length : 0;
    if (characters > MAX_SYMBOL_CHARACTERS) return "open elements that grow without bound";
  }
  return undefined;
}
