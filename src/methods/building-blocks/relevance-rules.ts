import type { RuleSite } from "../../decomposition/full-gradient.js";
import type { Node, Value } from "../../onnx/ir.js";
import type { NodeView } from "../../ops/core/node-view.js";
import type { Registry } from "../../ops/core/registry.js";
import type { Cotangent } from "../../ops/core/spec.js";
import { layerRelevance, stabilize, stabilizer, type LayerRule } from "./layer-relevance.js";
import { activationsOf, passOn, withNodeRule } from "./node-rules.js";

export interface RelevanceSettings {
  readonly rule: "epsilon" | "gamma" | "composite";
  readonly epsilon: number;
  readonly gamma: number;
}

const convolutions: ReadonlySet<string> = new Set(["Conv", "ConvTranspose"]);
const dense: ReadonlySet<string> = new Set(["Gemm", "MatMul"]);

/** Each element of the output is one of the input's: relevance moves as a gradient does. */
const moving: ReadonlySet<string> = new Set([
  ...["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand", "Tile", "Identity"],
  ...["Concat", "Split", "Slice", "Gather", "GatherElements", "GatherND", "Pad", "Trilu"],
  ...["ScatterElements", "ScatterND", "TopK", "ReverseSequence", "DepthToSpace", "SpaceToDepth"],
  ...["MaxPool", "GlobalMaxPool", "ReduceMax", "ReduceMin", "Max", "Min", "Where", "Dropout"],
  ...["Cast", "CastLike", "QuantizeLinear", "DequantizeLinear"],
]);

/** Statistics of the image itself set the scale here, which linearly would take all relevance. */
const normalizing: ReadonlySet<string> = new Set([
  ...["LayerNormalization", "RMSNormalization", "InstanceNormalization", "GroupNormalization"],
  ...["MeanVarianceNormalization", "LpNormalization", "LRN"],
]);

/** What makes the weights of a sum or a product, beside its signal. */
const gating: ReadonlySet<string> = new Set(["Sigmoid", "HardSigmoid", "Tanh", "Softmax"]);

/**
 * Layer-wise relevance propagation: what goes back are relevances, which start as the output times its seed. Activations
 * and normalizations by the image's own statistics pass them on; a layer with weights has the rule of the settings; of
 * a product of two values the signal takes all, as the numerator of a quotient does; reshaping and maxima hand on what
 * is theirs. Everything else, sums and means among it, splits in proportion: R = x ⊙ Jᵀ(Ry / (y + ε·sign y)).
 */
export function relevanceRules(site: RuleSite, settings: RelevanceSettings): Registry {
  const { graph, explained } = site;
  const activationOf = activationsOf(site);
  const makers = new Map(graph.nodes.flatMap((n) => n.outputs.map((name) => [name, n] as const)));
  return withNodeRule(site, (gradient) => (b, n, dy) => {
    const relevances = dy.map(
      (r, k) => r && (n.outputs[k]!.name === explained.name ? b.mul(r, explained, "start") : r),
    );
    const [relevance] = relevances;
    const { op } = n.node;
    if (activationOf(n.node) ?? normalizing.has(op)) return passOn(n, () => relevance!);
    if (moving.has(op)) return gradient(b, n, relevances);

    const several = n.active.filter(Boolean).length > 1;
    const signal = several ? signalOf(n, makers) : undefined;
    if (signal !== undefined && (op === "Mul" || op === "Div")) {
      return only(n, signal, () => relevance!);
    }
    const rule = several ? undefined : layerRule(op, settings);
    if (rule) {
      const active = n.isActive(0) ? 0 : 1;
      const layer = { b, n, gradient, active };
      if (n.isActive(active)) {
        return only(n, active, () => layerRelevance(layer, rule, relevance!, settings));
      }
    }
    const epsilon = op === "BatchNormalization" ? settings.epsilon : stabilizer;
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
 * What a layer does under a setting. The composite is EpsilonPlus: ε in dense layers, z⁺ in convolutions (Kohlbrenner
 * et al., Towards Best Practice in Explaining Neural Network Decisions with LRP, IJCNN 2020).
 */
function layerRule(op: string, { rule }: RelevanceSettings): LayerRule | undefined {
  if (!convolutions.has(op) && !dense.has(op)) return undefined;
  if (rule !== "composite") return rule;
  return convolutions.has(op) ? "z-plus" : "epsilon";
}

const factors: ReadonlySet<string> = new Set([
  ...["Mul", "Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum"],
]);

/**
 * Of several active factors the one that takes all relevance: the one that is not spread over the others' places, and not
 * made by a gate; else the first. Undefined where a node is no product.
 */
function signalOf(n: NodeView, makers: ReadonlyMap<string, Node>): number | undefined {
  const { op } = n.node;
  if (op === "Div") return 0;
  if (!factors.has(op)) return undefined;
  const candidates = [0, 1].filter((i) => n.isActive(i));
  const size = n.y().fact.shape.join();
  const whole = op === "Mul" ? candidates.filter((i) => n.shape(i).join() === size) : candidates;
  const among = whole.length > 0 ? whole : candidates;
  const isGate = (i: number): boolean => gating.has(makers.get(n.x(i).name)?.op ?? "");
  return among.find((i) => !isGate(i)) ?? among[0];
}

function only(n: NodeView, which: number, message: () => Value): readonly Cotangent[] {
  return n.inputs.map((_, i) => (i === which ? message : "elsewhere"));
}
