/**
 * Attention as ONNX Runtime's optimizer writes it, in terms of ONNX's Attention.
 *
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.Attention
 * @module
 */
import { float, int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { Dim } from "../../tensor/shape.js";
import { int64 } from "../../tensor/tensor.js";
import { byDefinition } from "../core/by-definition.js";
import { microsoft } from "../core/domains.js";
import type { AttributeReader } from "../core/attributes.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

interface HeadAttrs {
  readonly heads: number;
  /** 0: 1/√size. */
  readonly scale: number;
  /** Causal attention: a query reads no later keys. */
  readonly causal: boolean;
  /** The number added to the scores of masked keys. */
  readonly hidden: number;
}

const headAttrs = (a: AttributeReader): HeadAttrs => ({
  heads: a.required("num_heads", a.int("num_heads")),
  scale: a.float("scale", 0),
  causal: a.flag("unidirectional"),
  hidden: a.float("mask_filter_value", -10000),
});

/** ONNX's Attention of queries, keys and values: [y, all keys, all values]. */
function attend(
  b: GraphBuilder,
  { attrs }: NodeView<HeadAttrs>,
  [q, k, v]: readonly [Value, Value, Value],
  mask: Value | undefined,
  past: readonly (Value | undefined)[],
): Value[] {
  const { heads, scale, causal } = attrs;
  const attributes = {
    ...{ q_num_heads: int(heads), kv_num_heads: int(heads), is_causal: int(causal ? 1 : 0) },
    ...(scale === 0 ? {} : { scale: float(scale) }),
  };
  const inputs = [q, k, v, mask, ...past];
  return b.call("Attention", inputs, attributes, { outputs: 3, hint: "attention" });
}

/** 0 for keys that are read, `hidden` for masked ones: [B,1,1,L], or [B,1,S,L] for a mask [B,S,L]. */
function maskOf(b: GraphBuilder, n: NodeView<HeadAttrs>, i: number, keys: Dim): Value | undefined {
  const mask = n.optional(i);
  if (!mask) return undefined;
  const { shape } = mask.fact;
  const read = shape.length === 1 ? upTo(b, n, mask, keys) : b.cast(mask, "bool");
  const axes = { 1: [1, 2], 2: [1, 2], 3: [1] }[shape.length];
  if (!axes)
    throw n.refusal(`its mask has ${shape.length} axes; masks of 1 to 3 axes are supported`);
  const wide = b.op("Unsqueeze", [read, b.ints(axes)]);
  const like = n.x(0);
  return b.where(wide, b.scalar(0, like), b.scalar(n.attrs.hidden, like), "mask");
}

/** Whether each key comes before the end of its sample: ends [B] to [B,L]. */
function upTo(b: GraphBuilder, n: NodeView, ends: Value, keys: Dim): Value {
  if (typeof keys !== "number" || ends.fact.shape[0] !== n.shape(0)[0]) {
    throw n.refusal("its mask of one axis must hold one length per sample");
  }
  const positions = b.constant(int64(Array.from({ length: keys }, (_, i) => i)), "positions");
  const each = b.op("Unsqueeze", [b.cast(ends, "int64"), b.ints([1])]);
  return b.op("Less", [b.op("Unsqueeze", [positions, b.ints([0])]), each]);
}

const addUp = (b: GraphBuilder, p: Value | undefined, q: Value | undefined): Value | undefined =>
  p && q ? b.add(p, q, "mask/both") : (p ?? q);

/** Splits a concatenated row into its query, key and value parts. */
function parts(b: GraphBuilder, row: Value, sizes: readonly number[], axis: number): Value[] {
  return b.call("Split", [row, b.ints(sizes)], { axis: int(axis) }, { outputs: 3, hint: "part" });
}

// [q, k, v] = X·W + bias, then attention in each head. Earlier keys and values: past [2,B,heads,P,size].
const attention: OpSpec<HeadAttrs & { sizes: readonly number[] | undefined }> = byDefinition<
  HeadAttrs & { sizes: readonly number[] | undefined }
>({
  type: "Attention",
  domain: microsoft,
  since: 1,
  arity: [2, 7],
  role: "function",
  attrs: (a) => ({ ...headAttrs(a), sizes: a.ints("qkv_hidden_sizes") }),
  definition: (b, n) => {
    const width = Number(n.shape(1)[1]);
    const sizes = n.attrs.sizes ?? [width / 3, width / 3, width / 3];
    if (n.node.attributes["do_rotary"]?.type === "int" && n.node.attributes["do_rotary"].value) {
      throw n.refusal("its attribute do_rotary has no rule; save the model before that fusion");
    }
    const product = b.matmul(n.x(0), n.x(1), "product");
    const shift = n.optional(2);
    const rows = shift ? b.add(product, shift, "projected") : product;
    const [q, k, v] = parts(b, rows, sizes, 2) as [Value, Value, Value];
    const past = n.optional(4);
    const before = past
      ? [0, 1].map((i) => b.op("Squeeze", [b.slice(past, [0], [i], [i + 1]), b.ints([0])]))
      : [];
    const steps = n.shape(0)[1]!;
    const earlier = past?.fact.shape[3] ?? 0;
    const keys = earlier === 0 ? steps : Number(steps) + Number(earlier);
    const mask = addUp(b, maskOf(b, n, 3, keys), n.optional(5));
    const [y, ...present] = attend(b, n, [q, k, v], mask, before);
    const isKept = (n.node.outputs[1] ?? "") !== "";
    const stacked = isKept
      ? b.concat(
          present.map((p) => b.op("Unsqueeze", [p, b.ints([0])])),
          0,
          "present",
        )
      : undefined;
    return [y, stacked];
  },
});

/** Splits packed rows [B,S,heads,count,size] into `count` tensors [B,S,heads·size]. */
function unpacked(b: GraphBuilder, packed: Value, count: number): Value[] {
  const [batch, steps, heads, , size] = packed.fact.shape;
  return Array.from({ length: count }, (_, i) => {
    const one = b.slice(packed, [3], [i], [i + 1]);
    return b.reshape(one, [batch!, steps!, Number(heads) * Number(size)]);
  });
}

/** Queries, keys and values of a MultiHeadAttention; one tensor may hold several of them. */
function operands(b: GraphBuilder, n: NodeView): readonly [Value, Value, Value] {
  const [key, value] = [n.optional(1), n.optional(2)];
  if (n.rank(0) === 5) return unpacked(b, n.x(0), 3) as [Value, Value, Value];
  if (!key) throw n.refusal("it has neither keys nor packed queries, keys and values");
  if (key.fact.shape.length === 5) {
    return [n.x(0), ...unpacked(b, key, 2)] as unknown as readonly [Value, Value, Value];
  }
  if (!value) throw n.refusal("it has keys, but no values");
  return [n.x(0), key, value];
}

// Attention per head of queries, keys and values with an added bias [q, k, v]
const multiHeadAttention: OpSpec<HeadAttrs> = byDefinition<HeadAttrs>({
  type: "MultiHeadAttention",
  domain: microsoft,
  since: 1,
  arity: [1, 10],
  role: "function",
  attrs: headAttrs,
  definition: (b, n) => {
    const given = operands(b, n);
    const shift = n.optional(3);
    const widths = given.map(({ fact: { shape } }) =>
      shape.length === 4 ? Number(shape[1]) * Number(shape[3]) : Number(shape[2]),
    );
    const shifts = shift ? parts(b, shift, widths, 0) : [];
    const shifted = given.map((x, i) =>
      // Cross-attention keys [B,heads,L,size] already include their bias.
      shifts[i] && x.fact.shape.length === 3 ? b.add(x, shifts[i], "shifted") : x,
    ) as [Value, Value, Value];
    const [q, k, v] = alike(b, n, shifted);
    const past = [n.optional(6), n.optional(7)];
    const own = k.fact.shape.at(-2)!;
    const keys = past[0] ? Number(own) + Number(past[0].fact.shape[2]) : own;
    const mask = addUp(b, maskOf(b, n, 4, keys), n.optional(5));
    return attend(b, n, [q, k, v], mask, past[0] ? past : []);
  },
});

/** Keys and values [B,heads,L,size] in the layout of the queries. */
function alike(
  b: GraphBuilder,
  n: NodeView,
  given: readonly [Value, Value, Value],
): readonly [Value, Value, Value] {
  return given.map((x) => {
    const { shape } = x.fact;
    if (shape.length !== 4) return x;
    const [batch, heads, steps, size] = shape;
    if (typeof size !== "number") throw n.error("heads must have a fixed size");
    return b.reshape(b.transpose(x, [0, 2, 1, 3]), [batch!, steps!, Number(heads) * size], "rows");
  }) as unknown as readonly [Value, Value, Value];
}

export const fusedAttentions: readonly OpSpec[] = [attention, multiHeadAttention];
