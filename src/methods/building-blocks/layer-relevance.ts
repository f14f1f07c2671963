import { flowing } from "../../autodiff/differentiate.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { NodeView } from "../../ops/core/node-view.js";
import type { Cotangent, Vjp } from "../../ops/core/spec.js";
import { viewWith } from "./node-rules.js";

/** The rule by which a layer with weights distributes the relevance of its output to its input. */
export type LayerRule = "epsilon" | "gamma" | "z-plus";

/** Keeps quotients finite where a rule has no epsilon of its own. */
export const stabilizer = 1e-6;

/** z + ε·sign z, with sign 0 = 1 */
export function stabilize(b: GraphBuilder, z: Value, epsilon: number): Value {
  const sign = b.where(b.less(z, 0), b.scalar(-epsilon, z), b.scalar(epsilon, z));
  return b.add(z, sign, "stable");
}

interface RelevanceLayer {
  readonly b: GraphBuilder;
  readonly n: NodeView;
  readonly gradient: Vjp<unknown>;
  /** Which input depends on the image: 0 or 1, where the other one is the weight. */
  readonly active: number;
}

/** A layer applied to another input, weight and bias: its output, and its transpose. */
interface RelevanceVariant {
  readonly x: Value;
  readonly z: Value;
  readonly back: (message: Value) => Value;
}

/** The message of a rule to one of a node's active inputs. */
function sentTo(input: number, n: NodeView, cotangents: readonly Cotangent[]): Value {
  return flowing(n, cotangents).find(([i]) => i === input)![1]();
}

function variantOf(
  { b, n, gradient, active }: RelevanceLayer,
  x: Value,
  weight: Value,
  bias?: Value,
): RelevanceVariant {
  const factors = active === 0 ? [x, weight] : [weight, x];
  const inputs = bias ? [...factors, bias] : factors;
  const z = b.op(n.node.op, inputs, n.node.attributes, "z");
  const view = viewWith(n, inputs, [z]);
  return { x, z, back: (message) => sentTo(active, view, gradient(b, view, [message])) };
}

/** The relevance of the input x of y = W·x + c, from the relevance of y. */
export function layerRelevance(
  layer: RelevanceLayer,
  rule: LayerRule,
  relevance: Value,
  { epsilon, gamma }: { readonly epsilon: number; readonly gamma: number },
): Value {
  const { b, n, gradient, active } = layer;
  const [x, w, c] = [n.x(active), n.x(1 - active), n.optional(2)];
  // R = x ⊙ Wᵀ(Ry / (y + ε·sign y))
  if (rule === "epsilon") {
    const message = b.div(relevance, stabilize(b, n.y(), epsilon));
    return b.mul(x, sentTo(active, n, gradient(b, n, [message])), "relevance");
  }
  const [above, below] = parts(b, x);
  const [wAbove, wBelow] = parts(b, w);
  const [cAbove, cBelow] = c ? parts(b, c) : [undefined, undefined];
  // Only the positive contributions to y: products of x and w, and c.
  if (rule === "z-plus") {
    return shared(b, relevance, [
      variantOf(layer, above, wAbove, cAbove),
      variantOf(layer, below, wBelow),
    ]);
  }
  // Contributions with the sign of y are multiplied by 1 + γ.
  const favour = (v: Value, part: Value): Value => b.add(v, b.mulScalar(part, gamma), "gamma");
  const [wUp, wDown] = [favour(w, wAbove), favour(w, wBelow)];
  const where = (condition: Value): Value => b.maskBy(relevance, condition);
  const raised = shared(b, where(b.greater(n.y(), 0)), [
    variantOf(layer, above, wUp, c && favour(c, cAbove!)),
    variantOf(layer, below, wDown),
  ]);
  const lowered = shared(b, where(b.less(n.y(), 0)), [
    variantOf(layer, above, wDown, c && favour(c, cBelow!)),
    variantOf(layer, below, wUp),
  ]);
  return b.add(raised, lowered, "relevance");
}

/** Σ xᵢ ⊙ Wᵢᵀ(R / Σ zᵢ) */
function shared(b: GraphBuilder, relevance: Value, variants: readonly RelevanceVariant[]): Value {
  const z = variants.map((v) => v.z).reduce((p, q) => b.add(p, q));
  const message = b.div(relevance, stabilize(b, z, stabilizer));
  return variants
    .map(({ x, back }) => b.mul(x, back(message)))
    .reduce((p, q) => b.add(p, q, "relevance"));
}

/** max(v, 0) and min(v, 0) */
function parts(b: GraphBuilder, v: Value): [Value, Value] {
  const above = b.op("Relu", [v], {}, "above");
  return [above, b.sub(v, above, "below")];
}
