import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { OpSpec } from "../core/spec.js";
import { clipped, parts, recurrence, type Weights } from "./recurrence.js";

// With a for X·Wᵀ + bW + h·Rᵀ + bR and peepholes p (0 unless given):
// i = f(a + pᵢ⊙c), k = f(a + p_k⊙c) or 1 − i, c' = k⊙c + i⊙g(a), o = f(a + pₒ⊙c'), h' = o⊙h(c')
const lstm = recurrence({
  type: "LSTM",
  since: 7,
  gates: 4,
  most: 8,
  functions: ["Sigmoid", "Tanh", "Tanh"],
  hasCell: true,
  hoisted: (b, _, { bias }) => bias && b.add(...bias),
  step: (b, n, x, { h, c }, weights) => {
    const { recurrent, hidden, peepholes } = weights;
    const [f, g, last] = weights.functions;
    const a = h ? b.add(x, b.matmul(h, recurrent)) : x;
    const squash = (v: Value): Value => f!(b, clipped(b, n, v));
    const gates = peepholes
      ? parts(b, a, 2, [hidden, hidden, hidden, hidden])
      : together(b, a, hidden, squash);
    const [input, output, forget, cell] = gates;
    const [pInput, pOutput, pForget] = peepholes ? peeps(b, peepholes, weights) : [];
    const seen = (gate: Value, p: Value | undefined, state: Value | undefined): Value =>
      p ? squash(state ? b.add(gate, b.mul(state, p)) : gate) : gate;
    const enters = seen(input!, pInput, c);
    const fresh = b.mul(enters, g!(b, clipped(b, n, cell!)));
    const keep = (): Value =>
      n.attrs.inputForget ? b.sub(b.scalar(1, enters), enters) : seen(forget!, pForget, c);
    const next = c ? b.add(b.mul(keep(), c), fresh, "c") : fresh;
    return { c: next, h: b.mul(seen(output!, pOutput, next), last!(b, next), "h") };
  },
});

/** The three gates by one call of their function, and what the cell is offered. */
function together(
  b: GraphBuilder,
  a: Value,
  hidden: number,
  squash: (v: Value) => Value,
): readonly Value[] {
  const [gates, cell] = parts(b, a, 2, [3 * hidden, hidden]);
  return [...parts(b, squash(gates!), 2, [hidden, hidden, hidden]), cell!];
}

const peeps = (b: GraphBuilder, p: Value, { hidden }: Weights): readonly Value[] =>
  parts(b, p, 0, [hidden, hidden, hidden]);

export const longShortTermMemories: readonly OpSpec[] = [lstm];
