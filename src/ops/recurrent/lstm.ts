import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { OpSpec } from "../core/spec.js";
import { recurrence } from "./recurrence.js";
import { clipped, parts } from "./recurrent-cell.js";

// With a = X·Wᵀ + bW + h·Rᵀ + bR and peepholes p (default 0): i = f(a + pᵢ⊙c), k = f(a + p_k⊙c) or 1 − i, c' = k⊙c +
// i⊙g(a), o = f(a + pₒ⊙c'), h' = o⊙h(c')
const lstm = recurrence({
  type: "LSTM",
  since: 7,
  gates: 4,
  most: 8,
  functions: ["Sigmoid", "Tanh", "Tanh"],
  hasCell: true,
  cell: (all, n, { bias, recurrent, hidden, peepholes, functions: [f, g, last] }) => {
    const each = [hidden, hidden, hidden];
    const [pInput, pOutput, pForget] = peepholes ? parts(all, peepholes, 0, each) : [];
    const squash = (b: GraphBuilder, v: Value): Value => f!(b, clipped(b, n, v));
    return {
      added: bias && all.add(...bias),
      step: (at, x, { h, c }) => {
        const [gate, cell, out] = [at("gates"), at("c"), at("h")];
        const a = h ? gate.add(x, gate.matmul(h, recurrent)) : x;
        // Without peepholes the three gates are one call of their function.
        const [own, offered] = parts(gate, a, 2, [3 * hidden, hidden]);
        const [input, output, forget] = parts(gate, peepholes ? own! : squash(gate, own!), 2, each);
        const seen = (part: string, v: Value, p?: Value, state?: Value): Value => {
          if (!p) return v;
          const b = at(part);
          return squash(b, state ? b.add(v, b.mul(state, p)) : v);
        };
        const enters = seen("input", input!, pInput, c);
        const fresh = cell.mul(enters, g!(cell, clipped(cell, n, offered!)), "fresh");
        const keep = (): Value =>
          n.attrs.inputForget
            ? cell.sub(cell.scalar(1, enters), enters)
            : seen("forget", forget!, pForget, c);
        const next = c ? cell.add(cell.mul(keep(), c, "kept"), fresh, "sum") : fresh;
        const shown = seen("output", output!, pOutput, next);
        return { c: next, h: out.mul(shown, last!(out, next), "product") };
      },
    };
  },
});

export const longShortTermMemories: readonly OpSpec[] = [lstm];
