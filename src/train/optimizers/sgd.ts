import type { Optimizer } from "./optimizer.js";

export interface SgdOptions {
  /** Default 0.9. */
  readonly momentum?: number;
  /** λ: adds λ·parameter to the gradient. Default 0. */
  readonly weightDecay?: number;
  readonly nesterov?: boolean;
}

// v ← m·v + g; p ← p − rate·v, or with Nesterov p − rate·(g + m·v). As torch.optim.SGD, without dampening.
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0.9, weightDecay = 0, nesterov = false } = options;
  const moves = momentum !== 0;
  return {
    name: `SGD, momentum ${momentum}${nesterov ? " (Nesterov)" : ""}, weight decay ${weightDecay}`,
    slots: moves ? ["momentum"] : [],
    scalars: ["rate"],
    values: (_, rate) => [rate],
    emit(b, { parameter, gradient, slots, scalars }) {
      const decayed =
        weightDecay === 0 ? gradient : b.add(gradient, b.mulScalar(parameter, weightDecay));
      const velocity = moves
        ? b.add(b.mulScalar(slots[0]!, momentum), decayed, "momentum")
        : undefined;
      const ahead =
        velocity && nesterov
          ? b.add(decayed, b.mulScalar(velocity, momentum))
          : (velocity ?? decayed);
      const next = b.sub(parameter, b.mul(ahead, scalars[0]!), "next");
      return { parameter: next, slots: velocity ? [velocity] : [] };
    },
  };
}
