import type { OpSpec } from "../core/spec.js";
import { clipped, parts, recurrence } from "./recurrence.js";

// With x for X·Wᵀ + bW:
// z, r = f(x + h·Rᵀ + bR)
// n = g(x + (r⊙h)·Rᵀ + bR), or, with the product before the reset (as in PyTorch), n = g(x + r⊙(h·Rᵀ + bR))
// h' = (1 − z)⊙n + z⊙h
const gru = recurrence({
  type: "GRU",
  since: 7,
  gates: 3,
  most: 6,
  functions: ["Sigmoid", "Tanh"],
  hoisted: (b, n, { bias, hidden }) => {
    if (!bias) return undefined;
    const [input, recurrent] = bias;
    if (!n.attrs.linearBeforeReset) return b.add(input, recurrent);
    const [gates] = parts(b, recurrent, 0, [2 * hidden, hidden]);
    return b.add(input, b.pad(gates!, [0, hidden]));
  },
  step: (b, n, x, { h }, { recurrent, hidden, bias, functions: [f, g] }) => {
    const isLinear = n.attrs.linearBeforeReset;
    const sizes = [2 * hidden, hidden];
    const [xGates, xNew] = parts(b, x, 2, sizes);
    const [rGates, rNew] = isLinear || !h ? [] : parts(b, recurrent, 1, sizes);
    // One product for all gates where the reset comes after it.
    const [hGates, hNew] = isLinear && h ? parts(b, b.matmul(h, recurrent), 2, sizes) : [];
    const product = h && !isLinear ? b.matmul(h, rGates!) : hGates;
    const gates = f!(b, clipped(b, n, product ? b.add(xGates!, product) : xGates!));
    const [update, reset] = parts(b, gates, 2, [hidden, hidden]);
    const kept = isLinear && bias ? parts(b, bias[1], 0, sizes)[1] : undefined;
    const past = hNew && kept ? b.add(hNew, kept) : (hNew ?? kept);
    const added = isLinear ? past && b.mul(reset!, past) : h && b.matmul(b.mul(reset!, h), rNew!);
    const fresh = g!(b, clipped(b, n, added ? b.add(xNew!, added) : xNew!));
    const taken = b.mul(b.sub(b.scalar(1, update!), update!), fresh);
    return { h: h ? b.add(taken, b.mul(update!, h), "h") : taken };
  },
});

export const gatedRecurrentUnits: readonly OpSpec[] = [gru];
