/**
 * Quantizers of quantization-aware training (Brevitas, QONNX), with their training gradient.
 *
 * @see https://github.com/fastmachinelearning/qonnx/blob/main/docs/qonnx-custom-ops/quant_op.md
 * @module
 */
import { byDefinition } from "../core/by-definition.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { noAttrs } from "../core/heads.js";
import { clipped, rounded, signed } from "./straight-through.js";

interface QuantAttrs {
  readonly isSigned: boolean;
  /** Whether the least level of a signed range, or the greatest of an unsigned one, is excluded. */
  readonly narrow: boolean;
  readonly rounding: string;
}

/** The least and the greatest level for a bit width. */
function bounds(bits: number, { isSigned, narrow }: QuantAttrs): readonly [number, number] {
  const cut = narrow ? 1 : 0;
  return isSigned ? [cut - 2 ** (bits - 1), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1 - cut];
}

function bitsOf(n: NodeView): number {
  const [bits] = n.elements(3) ?? [];
  if (typeof bits !== "number") throw n.error("its bit width must be constant");
  return bits;
}

// y = (round(min(max(x/s + z, low), high)) − z)·s; dx = dy inside the range
const quant = (domain: string): OpSpec<QuantAttrs> =>
  byDefinition<QuantAttrs>({
    ...{ type: "Quant", domain, since: 1, arity: [4, 4], role: "quantization", rounds: true },
    attrs: (a) => ({
      isSigned: a.flag("signed", true),
      narrow: a.flag("narrow"),
      rounding: a.text("rounding_mode", "ROUND"),
    }),
    definition: (b, n) => {
      const [x, scale, zero] = [n.x(0), n.x(1), n.x(2)];
      if (!["ROUND", "HALF_EVEN"].includes(n.attrs.rounding.toUpperCase())) {
        throw n.refusal(`rounding_mode "${n.attrs.rounding}" is not supported; "ROUND" is`);
      }
      const [low, high] = bounds(bitsOf(n), n.attrs).map((v) => b.scalar(v, x));
      const level = rounded(b, clipped(b, b.add(b.div(x, scale), zero), low!, high!));
      return [b.mul(b.sub(level, zero), scale, "y")];
    },
  });

// y = s where x ≥ 0, −s else; dx = s·dy where |x| ≤ 1
const bipolar = (domain: string): OpSpec<Record<string, never>> =>
  byDefinition({
    ...{
      type: "BipolarQuant",
      domain,
      since: 1,
      arity: [2, 2],
      role: "quantization",
      rounds: true,
    },
    attrs: noAttrs,
    definition: (b, n) => [b.mul(signed(b, n.x(0)), n.x(1), "y")],
  });

const domains = ["onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general"];

export const trainedQuantizers: readonly OpSpec[] = domains.flatMap((domain): OpSpec[] => [
  quant(domain),
  bipolar(domain),
]);
