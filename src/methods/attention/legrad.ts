import { narrowNodes } from "../../analysis/spatial-layers.js";
import { differentiate } from "../../autodiff/differentiate.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";
import { UsageError } from "../../errors.js";
import type { Node, Value } from "../../onnx/ir.js";
import { sameShape } from "../../tensor/shape.js";
import { atPlaces, attentionsOf, isResidual, without, type Attention } from "./attentions.js";
import { resizeToImage } from "../building-blocks/class-activation-map.js";
import { headGradient, headOf } from "../building-blocks/head.js";
import { graphMethod } from "../core/method.js";
import { whole } from "../core/settings.js";

const name = "legrad";

/**
 * LeGrad: the mean over layers of max(∂s_l/∂A_l, 0), averaged over heads and queries, A_l a layer's attention and s_l
 * the score of the network's head for the layer's output (Bousselham et al. 2024, eq. 5 to 8; the paper scales the map
 * to [0,1]). Layers whose width differs from the last one's do not fit the head and are omitted.
 */
export const legrad = graphMethod({
  name,
  title: "LeGrad",
  paper:
    "Bousselham et al., LeGrad: An Explainability Method for Vision Transformers via Feature Formation Sensitivity, arXiv 2404.03214, 2024",
  signed: false,
  attributes: "map",
  settings: {
    last: whole(0, "how many of the last layers are averaged; 0: all of them"),
  },
  emit: (full, { last }) => {
    const b = full.b.within(name);
    const blocks = blocksOf(full).slice(-last);
    const maps = blocks.map((block) => {
      const { weights, axes, node } = block.attention;
      const gradient = blockGradient(full, block, blocks.at(-1)!.output);
      const positive = b.op("Relu", [gradient]);
      const queries = positive.fact.shape.length - 2;
      const keys = b.reshape(
        b.mean(positive, [queries]),
        b.value(weights).fact.shape.toSpliced(queries, 1),
      );
      return atPlaces(b, full, keys, without(axes, 2), node);
    });
    const total = maps.reduce((p, q) => b.add(p, q));
    const mean = b.mulScalar(total, 1 / maps.length, "mean");
    return { map: resizeToImage(b, mean, full.input), info: { layers: maps.length } };
  },
});

/** A layer of attention, and the node that produces its output. */
interface AttentionBlock {
  readonly attention: Attention;
  readonly output: Node;
}

/**
 * The attentions whose layer ends in a residual connection with the input shape of the head: the last connection before
 * the next attention.
 */
function blocksOf(full: FullGradient): readonly AttentionBlock[] {
  const { graph, plan, input, explained } = full;
  const attentions = attentionsOf(full, name);
  const narrow = new Set(
    narrowNodes(graph, plan.path, { input: input.name, output: explained.name }),
  );
  const blocks = attentions.flatMap((attention, i): AttentionBlock[] => {
    const next = attentions[i + 1]?.at ?? graph.nodes.length;
    const output = graph.nodes
      .slice(attention.at, next)
      .findLast((node) => narrow.has(node) && isResidual(full, node));
    return output ? [{ attention, output }] : [];
  });
  const shapeOf = ({ output }: AttentionBlock): readonly (number | string)[] =>
    graph.facts.get(output.outputs[0]!)!.shape;
  const wanted = blocks.at(-1);
  if (wanted) return blocks.filter((block) => sameShape(shapeOf(block), shapeOf(wanted)));
  throw new UsageError(
    `${name} needs layers of attention that end in a residual connection; this network has ${attentions.length} attentions, all without such a connection`,
  );
}

/** ∂s/∂A, s the score of the head for the output of A's layer. */
function blockGradient(
  full: FullGradient,
  { attention, output }: AttentionBlock,
  last: Node,
): Value {
  const { b, graph, registry, plan, gradients } = full;
  const { weights, node } = attention;
  const [value = ""] = output.outputs;
  const found = value === last.outputs[0] ? gradients.of(weights) : between();
  if (found) return found;
  throw new UsageError(`the target does not depend on attention "${node}"`);

  function between(): Value | undefined {
    const [from = ""] = last.outputs;
    const head = headOf(full, { value: from, node: last.name });
    const seed = headGradient(full, head, from, b.value(value));
    const after = new Set([weights]);
    for (const one of graph.nodes) {
      const follows = one.inputs.some((input) => after.has(input));
      if (follows) for (const o of one.outputs) if (plan.path.active.has(o)) after.add(o);
    }
    return differentiate(b, graph, registry, new Map([[value, seed]]), after).of(weights);
  }
}
