import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { OpSpec } from "../core/spec.js";
import { recurrence } from "./recurrence.js";
import {
  clipped,
  parts,
  type RecurrentCell,
  type RecurrentView,
  type StepBuilder,
  type RecurrentWeights,
} from "./recurrent-cell.js";

// With x = X·Wᵀ + bW: z, r = f(x + h·Rᵀ + bR), n = g(x + (r⊙h)·Rᵀ + bR), h' = (1 − z)⊙n + z⊙h
function resetBefore(
  all: GraphBuilder,
  n: RecurrentView,
  weights: RecurrentWeights,
): RecurrentCell {
  const { bias, recurrent, hidden, functions } = weights;
  const [f, g] = functions;
  const sizes = [2 * hidden, hidden];
  const [rGates, rNew] = parts(all, recurrent, 1, sizes);
  return {
    added: bias && all.add(...bias),
    step: (at, x, { h }) => {
      const [gate, fresh] = [at("gates"), at("new")];
      const [xGates, xNew] = parts(at("x"), x, 2, sizes);
      const a = h ? gate.add(xGates!, gate.matmul(h, rGates!)) : xGates!;
      const gates = f!(gate, clipped(gate, n, a));
      const [update, reset] = parts(at("update"), gates, 2, [hidden, hidden]);
      const seen = h && fresh.matmul(fresh.mul(reset!, h, "reset"), rNew!);
      const offered = g!(fresh, clipped(fresh, n, seen ? fresh.add(xNew!, seen) : xNew!));
      return mixed(at, update!, offered, h);
    },
  };
}

// As above with n = g(x + r⊙(h·Rᵀ + bR)), as in PyTorch: one product for all gates.
function resetAfter(all: GraphBuilder, n: RecurrentView, weights: RecurrentWeights): RecurrentCell {
  const { bias, recurrent, hidden, functions } = weights;
  const [f, g] = functions;
  const sizes = [2 * hidden, hidden];
  const [biasGates, biasNew] = bias ? parts(all, bias[1], 0, sizes) : [];
  return {
    added: bias && all.add(bias[0], all.pad(biasGates!, [0, hidden])),
    step: (at, x, { h }) => {
      const [gate, fresh] = [at("gates"), at("new")];
      const [xGates, xNew] = parts(at("x"), x, 2, sizes);
      const [hGates, hNew] = h ? parts(at("R"), gate.matmul(h, recurrent), 2, sizes) : [];
      const gates = f!(gate, clipped(gate, n, hGates ? gate.add(xGates!, hGates) : xGates!));
      const [update, reset] = parts(at("update"), gates, 2, [hidden, hidden]);
      const past = hNew && biasNew ? fresh.add(hNew, biasNew, "past") : (hNew ?? biasNew);
      const seen = past && fresh.mul(reset!, past, "reset");
      const offered = g!(fresh, clipped(fresh, n, seen ? fresh.add(xNew!, seen) : xNew!));
      return mixed(at, update!, offered, h);
    },
  };
}

/** (1 − z)⊙n + z⊙h */
function mixed(at: StepBuilder, update: Value, offered: Value, h: Value | undefined): { h: Value } {
  const b = at("h");
  const taken = b.mul(b.sub(b.scalar(1, update), update), offered, "taken");
  return { h: h ? b.add(taken, b.mul(update, h, "kept"), "sum") : taken };
}

const gru = recurrence({
  type: "GRU",
  since: 7,
  gates: 3,
  most: 6,
  functions: ["Sigmoid", "Tanh"],
  cell: (b, n, weights) =>
    n.attrs.linearBeforeReset ? resetAfter(b, n, weights) : resetBefore(b, n, weights),
});

export const gatedRecurrentUnits: readonly OpSpec[] = [gru];
