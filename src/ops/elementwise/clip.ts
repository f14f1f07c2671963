import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { elementwise, type NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { factoredBias } from "./unary.js";

// y = min(max(x, low), high); y' = 1 inside, 0 at the bounds and beyond, as in relu6, hardtanh and (PyTorch 2.15)
// clamp. The bounds are inputs. The masks are computed from y, so that an engine may still fuse the Clip into a
// convolution.
export const clip: OpSpec<NoAttrs> = {
  type: "Clip",
  since: 11,
  arity: [1, 3],
  role: "activation",
  ...elementwise,
  infer: (n) => {
    const low = n.optional(1) ? n.elements(1)?.[0] : -Infinity;
    const high = n.optional(2) ? n.elements(2)?.[0] : Infinity;
    const bounds = typeof low === "number" && typeof high === "number";
    const known = bounds && n.elements(0)?.every((e) => typeof e === "number");
    if (!known) return [n.like(n.shape())];
    const elements = n.elements(0)!.map((e) => Math.min(Math.max(Number(e), low), high));
    return [{ ...n.like(n.shape()), elements }];
  },
  vjp: (b, n, [dy]) => {
    const top = fromZeroTo(n);
    if (top !== undefined) {
      const inside = b.op("Xor", [saturatedBy(b, n, 2), b.greater(n.y(), 0)]);
      return [() => b.maskBy(dy!, inside, "dx"), "constant", "constant"];
    }
    const [atLow, atHigh] = [1, 2].map((i) => n.optional(i) && saturatedBy(b, n, i));
    const outside = atLow && atHigh ? b.op("Or", [atLow, atHigh]) : (atLow ?? atHigh);
    return [
      () => (outside ? b.maskBy(dy!, b.op("Not", [outside]), "dx") : dy!),
      atLow ? () => b.maskBy(dy!, atLow, "dlow") : "constant",
      atHigh ? () => b.maskBy(dy!, atHigh, "dhigh") : "constant",
    ];
  },
  // The bias is y at saturated elements and 0 elsewhere; the reverse if only a bound is active.
  bias: (n) => {
    const top = fromZeroTo(n);
    if (top !== undefined) {
      return factoredBias({ factor: top, emit: (b) => b.mask(saturatedBy(b, n, 2), n.y()) });
    }
    return { kind: "implicit", emit: (b) => clipBias(b, n) };
  },
};

/** The upper bound of a Clip of x from 0 to a positive constant (ReLU6); otherwise undefined. */
function fromZeroTo(n: NodeView): number | undefined {
  const [low, high] = [1, 2].map((i) => (n.isActive(i) ? undefined : n.elements(i)?.[0]));
  const fits = low === 0 && typeof high === "number" && high > 0 && n.isActive(0);
  return fits && Number.isFinite(high) ? high : undefined;
}

function clipBias(b: GraphBuilder, n: NodeView): Value {
  const at = (bounds: readonly number[]): Value | undefined =>
    bounds
      .map((i) => saturatedBy(b, n, i))
      .reduce<Value | undefined>((p, q) => (p ? b.op("Or", [p, q]) : q), undefined);
  const bounds = [1, 2].filter((i) => n.optional(i));
  const moving = at(bounds.filter((i) => n.isActive(i)));
  if (!n.isActive(0)) return moving ? b.maskBy(n.y(), b.op("Not", [moving]), "bias") : n.y();
  // Elements clipped to 0 contribute no bias.
  const still = at(bounds.filter((i) => !n.isActive(i) && n.elements(i)?.[0] !== 0));
  return still ? b.maskBy(n.y(), still, "bias") : b.scalar(0, n.x());
}

/** Whether each element of a Clip is at the given bound. */
function saturatedBy(b: GraphBuilder, n: NodeView, bound: number): Value {
  return b.op("Equal", [n.y(), n.x(bound)]);
}
