import { elementCount, toNumbers, type Tensor } from "../tensor/tensor.js";
import type { Fact } from "./ir.js";

/** Maximum number of elements that a fact stores for shape arithmetic. */
export const maxFactElements = 4096;

/** The fact of a constant, including its elements if there are at most {@link maxFactElements}. */
export function factOf(t: Tensor): Fact {
  const base = { dtype: t.dtype, shape: t.dims };
  if (t.dtype === "string" || elementCount(t) > maxFactElements) return base;
  return { ...base, elements: Array.from(toNumbers(t)) };
}
