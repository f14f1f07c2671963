import type { Fact } from "../../onnx/ir.js";
import { MAX_SYMBOL_CHARACTERS, shapeProblem } from "../../onnx/file/limits.js";
import { isStatic, sizeOf } from "../../tensor/shape.js";

/**
 * What is wrong with what a rule inferred; undefined where nothing is. A rule may trust the facts of its inputs: whole
 * extents whose product a tensor can have, and as many elements as the shape says. It is here that a file whose
 * attributes and weights do not fit its shapes ends.
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
