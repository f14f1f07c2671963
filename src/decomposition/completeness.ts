/** Completeness of one sample: the output, the sums of its terms, and the remainder. */
export interface Completeness {
  /** f(x) */
  readonly output: number;
  /** ⟨∇ₓf, x⟩ */
  readonly inputTerm: number;
  /** Σ of all bias terms */
  readonly biasTerm: number;
  readonly sum: number;
  /** output − sum */
  readonly residual: number;
  /** |residual| / |output| */
  readonly relative: number;
  /** Σ of the absolute values of the terms' sums */
  readonly mass: number;
  /** |residual| / mass, the measure that float32 bounds. Complete below {@link completenessTolerance}. */
  readonly conditioned: number;
}

/** A decomposition counts as complete below this `conditioned`: float32 bounds it near 1e-6 times the depth. */
export const completenessTolerance = 1e-4;

/** @param terms the input term first, then the sum of each bias term */
export function completenessOf(output: number, terms: ArrayLike<number>): Completeness {
  const inputTerm = terms[0] ?? 0;
  let biasTerm = 0;
  let mass = Math.abs(inputTerm);
  for (let i = 1; i < terms.length; i++) {
    biasTerm += terms[i]!;
    mass += Math.abs(terms[i]!);
  }
  const sum = inputTerm + biasTerm;
  const residual = output - sum;
  return {
    output,
    inputTerm,
    biasTerm,
    sum,
    residual,
    relative: ratio(residual, output),
    mass,
    conditioned: ratio(residual, mass),
  };
}

/** Whether the terms add up within float32. Non-finite numbers are never complete. */
export function isComplete(c: Completeness): boolean {
  return c.conditioned <= completenessTolerance;
}

/** |a| / |b|, with 0/0 = 0. */
function ratio(a: number, b: number): number {
  return a === 0 ? 0 : Math.abs(a) / Math.abs(b);
}
