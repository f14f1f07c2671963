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
 * LeGrad: the mean over layers of max(∂s_l/∂A_l, 0), averaged over heads and queries, A_l a layer's attention and s_l the
 * score that the head of the network makes of the layer's output (Bousselham et al. 2024, eq. 5 to 8; scaled to [0,1] there).
 * Of layers of other widths than the last one's, which the head does not take, none.
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

/** A layer of attention, and the node that makes its output. */
interface Block {
  readonly attention: Attention;
  readonly output: Node;
}

/**
 * The attentions whose layer ends in a residual connection with the shape that the head takes: the last connection before the
 * next attention.
 */
function blocksOf(full: FullGradient): readonly Block[] {
  const { graph, plan, input, explained } = full;
  const attentions = attentionsOf(full, name);
  const narrow = new Set(
    narrowNodes(graph, plan.path, { input: input.name, output: explained.name }),
  );
  const blocks = attentions.flatMap((attention, i): Block[] => {
    const next = attentions[i + 1]?.at ?? graph.nodes.length;
    const output = graph.nodes
      .slice(attention.at, next)
      .findLast((node) => narrow.has(node) && isResidual(full, node));
    return output ? [{ attention, output }] : [];
  });
  const shapeOf = ({ output }: Block): readonly (number | string)[] =>
    graph.facts.get(output.outputs[0]!)!.shape;
  const wanted = blocks.at(-1);
  if (wanted) return blocks.filter((block) => sameShape(shapeOf(block), shapeOf(wanted)));
  throw new UsageError(
    `${name} needs layers of attention that end in a residual connection; this network has ${attentions.length} of attention and none such`,
  );
}

/** ∂s/∂A, s the score of the head for the output of A's layer. */
function blockGradient(full: FullGradient, { attention, output }: Block, last: Node): Value {
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
