import type { OpSpec } from "../core/spec.js";
import { recurrence } from "./recurrence.js";
import { clipped } from "./recurrent-cell.js";

// h' = f(x·Wᵀ + h·Rᵀ + bW + bR)
const rnn = recurrence({
  type: "RNN",
  since: 7,
  gates: 1,
  most: 6,
  functions: ["Tanh"],
  cell: (all, n, { bias, recurrent, functions: [f] }) => ({
    added: bias && all.add(...bias),
    step: (at, x, { h }) => {
      const b = at("h");
      const z = h ? b.add(x, b.matmul(h, recurrent)) : x;
      return { h: f!(b, clipped(b, n, z)) };
    },
  }),
});

export const plainRecurrences: readonly OpSpec[] = [rnn];
