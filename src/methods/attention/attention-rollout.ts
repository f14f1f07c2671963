import type { FullGradient } from "../../decomposition/full-gradient.js";
import { UsageError } from "../../errors.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { atPlaces, attentionsOf, byHead, type Attention } from "./attentions.js";
import { resizeToImage } from "../building-blocks/class-activation-map.js";
import { graphMethod } from "../core/method.js";

const name = "attention-rollout";

/**
 * Attention rollout: r·Â_L·…·Â_1 with Â = (A + I)/2, A the mean over heads of a layer's attention (Abnar & Zuidema 2020, eq. 1
 * and §3), r the mean over the tokens that the score reads after the last layer: the class token, or all where they are
 * averaged. What the tokens say is left out: the map depends on the class by r alone.
 */
export const attentionRollout = graphMethod({
  name,
  title: "Attention rollout",
  paper: "Abnar and Zuidema, Quantifying Attention Flow in Transformers, ACL 2020",
  signed: false,
  attributes: "map",
  settings: {},
  emit: (full) => {
    const b = full.b.within(name);
    const attentions = attentionsOf(full, name);
    const [first, last] = [attentions[0]!, attentions.at(-1)!];
    const rows = attentions.toReversed().reduce<Value | undefined>((read, attention) => {
      const mean = b.mean(squareOf(b, full, attention, attention === last), [1]);
      const [batch = 1, , queries = 1, keys = 1] = mean.fact.shape;
      const matrix = b.reshape(mean, [batch, queries, keys]);
      const before = read ?? readTokens(b, full, attention);
      const through = b.matmul(before, matrix);
      return queries === keys ? b.mulScalar(b.add(through, before), 0.5) : through;
    }, undefined)!;
    const [batch = 1, , keys = 1] = rows.fact.shape;
    const row = b.reshape(rows, [batch, keys]);
    const axes = [[{ role: "batch", size: batch }], first.axes.at(-1)!] as const;
    const map = atPlaces(b, full, row, axes, first.node);
    return { map: resizeToImage(b, map, full.input), info: { layers: attentions.length } };
  },
});

/** The weights [N,heads,tokens,tokens]; those of the last attention may have queries of their own. */
function squareOf(
  b: GraphBuilder,
  full: FullGradient,
  { weights, axes, node }: Attention,
  isLast: boolean,
): Value {
  const value = b.value(weights);
  const split = byHead(b, full, value, axes);
  const [queries, keys] = value.fact.shape.slice(-2);
  if (split && (queries === keys || isLast)) return split;
  const why = split
    ? "reads other tokens than it writes"
    : "looks at parts of the image one by one";
  throw new UsageError(
    `${name} needs layers of attention over the same tokens; "${node}" [${value.fact.shape.join(",")}] ${why}: legrad takes more networks`,
  );
}

/** The mean over the queries of the last attention whose weights the score depends on: [N,1,queries]. */
function readTokens(
  b: GraphBuilder,
  full: FullGradient,
  { weights, axes, node }: Attention,
): Value {
  const gradient = full.gradients.of(weights);
  if (!gradient) throw new UsageError(`the target does not depend on attention "${node}"`);
  const size = b.sum(b.op("Abs", [byHead(b, full, gradient, axes)!]), [1, 3]);
  const read = b.mask(b.greater(size, 0), size);
  const share = b.div(read, b.sum(read, [2]), "read");
  const [batch = 1, , queries = 1] = share.fact.shape;
  return b.reshape(share, [batch, 1, queries]);
}
