import type { RuleContext } from "../../decomposition/full-gradient.js";
import type { Node } from "../../onnx/ir.js";
import { producersOf } from "../../onnx/producers.js";
import type { NodeView } from "../../ops/core/node-view.js";
import type { Registry } from "../../ops/core/registry.js";
import type { Role } from "../../ops/core/role.js";
import { layerRelevance, stabilize, stabilizer, type LayerRule } from "./layer-relevance.js";
import { activationsOf, passOn, sendTo, withNodeRule } from "./node-rules.js";

export interface RelevanceSettings {
  readonly rule: "epsilon" | "gamma" | "composite";
  readonly epsilon: number;
  readonly gamma: number;
}

/** Roles whose output elements are copies of input elements: relevance propagates like a gradient. */
const moving: ReadonlySet<Role | undefined> = new Set<Role>([
  ...(["identity", "cast", "reshaping", "movement", "folding", "padding", "selection"] as const),
  ...(["join", "choice", "maximum", "minimum", "max-pooling", "quantization"] as const),
]);

/**
 * Layer-wise relevance propagation: the backward pass carries relevances, which start as the output times its seed.
 * Activations and normalizations by the image's own statistics pass relevance on unchanged; a layer with weights
 * applies the rule of the settings; in a product of two values the signal receives all relevance, as does the numerator
 * of a quotient; reshaping and maxima propagate it like a gradient. All other operators, including sums and means,
 * distribute it in proportion: R = x ⊙ Jᵀ(Ry / (y + ε·sign y)).
 */
export function relevanceRules(site: RuleContext, settings: RelevanceSettings): Registry {
  const { graph, registry, explained } = site;
  const activationOf = activationsOf(site);
  const makers = producersOf(graph);
  return withNodeRule(site, (gradient) => (b, n, dy) => {
    const relevances = dy.map(
      (r, k) => r && (n.outputs[k]!.name === explained.name ? b.mul(r, explained, "start") : r),
    );
    const [relevance] = relevances;
    const role = registry.role(n.node);
    // The image's own statistics set the scale of a normalization; a linear rule would assign them all relevance.
    if (activationOf(n.node) ?? role === "normalization") return passOn(n, () => relevance!);
    if (moving.has(role)) return gradient(b, n, relevances);

    const several = n.active.filter(Boolean).length > 1;
    const signal = several ? signalOf(n, registry, makers) : undefined;
    if (signal !== undefined && (role === "multiplication" || role === "quotient")) {
      return sendTo(n, signal, () => relevance!);
    }
    const hasWeights = n.inputs.length === 2 || registry.of(n.node).parameters?.[2] === "bias";
    const rule = several || !hasWeights ? undefined : layerRule(role, settings);
    if (rule) {
      const active = n.isActive(0) ? 0 : 1;
      const layer = { b, n, gradient, active };
      if (n.isActive(active)) {
        return sendTo(n, active, () => layerRelevance(layer, rule, relevance!, settings));
      }
    }
    const epsilon = role === "batch-norm" ? settings.epsilon : stabilizer;
    const messages = relevances.map((r, k) => r && b.div(r, stabilize(b, n.y(k), epsilon)));
    const back = gradient(b, n, messages);
    return back.map((cotangent, i) => {
      if (typeof cotangent !== "function" || !n.isActive(i)) return cotangent;
      if ((signal ?? i) !== i) return "elsewhere";
      return () => b.mul(n.x(i), cotangent(), "relevance");
    });
  });
}

/**
 * The rule of a layer for a setting. The composite is EpsilonPlus: ε in dense layers, z⁺ in convolutions (Kohlbrenner
 * et al., Towards Best Practice in Explaining Neural Network Decisions with LRP, IJCNN 2020).
 */
function layerRule(role: Role | undefined, { rule }: RelevanceSettings): LayerRule | undefined {
  if (role !== "convolution" && role !== "product") return undefined;
  if (rule !== "composite") return rule;
  return role === "convolution" ? "z-plus" : "epsilon";
}

const products: ReadonlySet<Role | undefined> = new Set<Role>([
  ...(["multiplication", "convolution", "product"] as const),
]);

/**
 * The factor that receives all relevance if several are active: the one that is neither broadcast over the others'
 * positions nor computed by a gate, else the first. Undefined unless the node is a product.
 */
function signalOf(
  n: NodeView,
  registry: Registry,
  makers: ReadonlyMap<string, Node>,
): number | undefined {
  const role = registry.role(n.node);
  if (role === "quotient") return 0;
  if (!products.has(role)) return undefined;
  const candidates = [0, 1].filter((i) => n.isActive(i));
  const size = n.y().fact.shape.join();
  const isWhole = (i: number): boolean => n.shape(i).join() === size;
  const whole = role === "multiplication" ? candidates.filter(isWhole) : candidates;
  const among = whole.length > 0 ? whole : candidates;
  const isGate = (i: number): boolean => {
    const maker = makers.get(n.x(i).name);
    return maker !== undefined && registry.role(maker) === "gate";
  };
  return among.find((i) => !isGate(i)) ?? among[0];
}
