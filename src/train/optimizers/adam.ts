import type { Optimizer } from "./optimizer.js";

export interface AdamOptions {
  /** Decay rate of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay rate of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** λ: adds λ·parameter to the gradient. Default 0. */
  readonly weightDecay?: number;
}

// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← p − rate/(1 − β₁ᵗ)·m / (√v/√(1 − β₂ᵗ) + ε)
// (Kingma and Ba 2015, in the form of torch.optim.Adam). Factors that depend on t are computed outside the graph in
// double precision.
export function adam(options: AdamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  return {
    name: `Adam, betas ${beta1} and ${beta2}, epsilon ${epsilon}, weight decay ${weightDecay}`,
    slots: ["first-moment", "second-moment"],
    scalars: ["rate", "deviation-scale"],
    values: (step, rate) => [rate / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)],
    emit(b, { parameter, gradient, slots: [m, v], scalars: [rate, scale] }) {
      const g = weightDecay === 0 ? gradient : b.add(gradient, b.mulScalar(parameter, weightDecay));
      const first = b.add(b.mulScalar(m!, beta1), b.mulScalar(g, 1 - beta1), "first-moment");
      const second = b.add(
        b.mulScalar(v!, beta2),
        b.mulScalar(b.mul(g, g), 1 - beta2),
        "second-moment",
      );
      const deviation = b.addScalar(b.mul(b.sqrt(second), scale!), epsilon);
      const next = b.sub(parameter, b.div(b.mul(first, rate!), deviation), "next");
      return { parameter: next, slots: [first, second] };
    },
  };
}
