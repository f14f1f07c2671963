import { elementCount, toNumbers, type Tensor } from "../tensor/tensor.js";
import type { Fact } from "./ir.js";

/** Largest number of elements that facts carry along for shape arithmetic. */
export const maxFactElements = 4096;

/** The fact of a constant: its elements are kept where there are few. */
export function factOf(t: Tensor): Fact {
  const base = { dtype: t.dtype, shape: t.dims };
  if (t.dtype === "string" || elementCount(t) > maxFactElements) return base;
  return { ...base, elements: Array.from(toNumbers(t)) };
}
