/** Points in (0, 1) with weights of sum 1. */
export interface Quadrature {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Gauss–Legendre quadrature on [0, 1] with n nodes, exact for polynomials up to degree 2n − 1: the roots of the
 * Legendre polynomial Pₙ by Newton's method, from the guess cos(π(i − ¼)/(n + ½)); w = 2/((1 − z²)·Pₙ'(z)²) on [−1, 1]
 * (Abramowitz and Stegun 25.4.29; Press et al., Numerical Recipes, §4.5).
 */
export function gaussLegendre(n: number): Quadrature {
  const rows = Array.from({ length: n }, (_, i) => {
    let z = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    for (let step = 0; step < 100; step++) {
      const { value, slope } = legendre(n, z);
      const next = z - value / slope;
      const isDone = Math.abs(next - z) < 1e-15;
      z = next;
      if (isDone) break;
    }
    const { slope } = legendre(n, z);
    return { node: (1 - z) / 2, weight: 1 / ((1 - z * z) * slope * slope) };
  });
  return { nodes: rows.map((r) => r.node), weights: rows.map((r) => r.weight) };
}

/** Pₙ(z) by its recurrence k·Pₖ = (2k − 1)·z·Pₖ₋₁ − (k − 1)·Pₖ₋₂, and Pₙ'(z) = n(z·Pₙ − Pₙ₋₁)/(z² − 1). */
function legendre(n: number, z: number): { readonly value: number; readonly slope: number } {
  let [previous, value] = [1, z];
  for (let k = 2; k <= n; k++) {
    [previous, value] = [value, ((2 * k - 1) * z * value - (k - 1) * previous) / k];
  }
  return { value, slope: (n * (z * value - previous)) / (z * z - 1) };
}
