import type { OpSpec } from "../core/spec.js";
import { clipped, recurrence } from "./recurrence.js";

// h' = f(x·Wᵀ + h·Rᵀ + bW + bR)
const rnn = recurrence({
  type: "RNN",
  since: 7,
  gates: 1,
  most: 6,
  functions: ["Tanh"],
  hoisted: (b, _, { bias }) => bias && b.add(...bias),
  step: (b, n, x, { h }, { recurrent, functions: [f] }) => {
    const z = h ? b.add(x, b.matmul(h, recurrent)) : x;
    return { h: f!(b, clipped(b, n, z)) };
  },
});

export const plainRecurrences: readonly OpSpec[] = [rnn];
