import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Fact, Value } from "../../onnx/ir.js";
import { addDims, divideDims, type Dim } from "../../tensor/shape.js";
import { checkMade, fromNumbers } from "../../tensor/tensor.js";
import { byDefinition } from "../core/by-definition.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

interface AttentionAttrs {
  readonly causal: boolean;
  /** Head counts for inputs [B, S, heads·size]; inputs [B, heads, S, size] have a head axis. */
  readonly heads: readonly [query: number | undefined, key: number | undefined];
  /** 0: 1/√size. */
  readonly scale: number;
  /** 0: none. */
  readonly softcap: number;
  /** Contents of the fourth output: 0 the products QKᵀ, 3 their softmax. */
  readonly scores: number;
  /** Number of keys before and after its own position that a query reads; −1 for all. */
  readonly window: readonly [before: number, after: number];
}

type View = NodeView<AttentionAttrs>;

/** The shape [B, heads, S, size] of input i: 0 queries, 1 keys, 2 values. */
function headsOf(n: View, i: number): readonly Dim[] {
  const shape = n.shape(i);
  if (shape.length === 4) return shape;
  const heads = n.attrs.heads[i === 0 ? 0 : 1];
  if (shape.length !== 3) throw n.error(`input ${i} [${shape.join(",")}] must have 3 or 4 axes`);
  if (!heads) throw n.error("inputs of three axes need q_num_heads and kv_num_heads");
  const [batch, steps, width] = shape;
  if (typeof width === "number" && width % heads !== 0) {
    throw n.error(`${width} elements are not divisible into ${heads} heads`);
  }
  return [batch!, heads, steps!, divideDims(width!, heads)];
}

/** The shape of keys or values after concatenation with the past. */
function presentOf(n: View, i: 1 | 2): readonly Dim[] {
  const [batch, heads, steps, size] = headsOf(n, i);
  const past = n.optional(i + 3) ? n.shape(i + 3)[2]! : 0;
  return [batch!, heads!, past === 0 ? steps! : addDims(past, steps!), size!];
}

function infer(n: View): readonly Fact[] {
  const [batch, heads, steps] = headsOf(n, 0);
  const [keys, values] = [presentOf(n, 1), presentOf(n, 2)];
  const size = values[3]!;
  const isFlat = n.rank() === 3;
  const width = typeof size === "number" ? Number(heads) * size : `(${heads!}·${size})`;
  const y = isFlat ? [batch!, steps!, width] : [batch!, heads!, steps!, size];
  const scores = [batch!, heads!, steps!, keys[2]!];
  return [n.like(y), n.like(keys), n.like(values), n.like(scores)];
}

/** An input as [B, heads, S, size]. */
function split(b: GraphBuilder, n: View, i: number, hint: string): Value {
  if (n.rank(i) === 4) return n.x(i);
  const [batch, heads, steps, size] = headsOf(n, i);
  const rows = b.reshape(n.x(i), [batch!, steps!, heads!, size!], `${hint}/rows`);
  return b.transpose(rows, [0, 2, 1, 3], hint);
}

/** Repeats the heads of keys or values to match the query heads (grouped-query attention). */
function repeated(b: GraphBuilder, v: Value, heads: Dim, n: View): Value {
  const [batch, own, steps, size] = v.fact.shape;
  if (own === heads) return v;
  const times = Number(heads) / Number(own);
  if (!Number.isInteger(times))
    throw n.error(`${heads} query heads are not a multiple of ${own!} key heads`);
  const one = b.reshape(v, [batch!, own!, 1, steps!, size!]);
  const copies = b.op("Expand", [one, b.ints([1, 1, times, 1, 1])]);
  return b.reshape(copies, [batch!, heads, steps!, size!], "repeated");
}

/** 0 where a query may read a key by position, −∞ elsewhere; undefined if it may read all. */
function placesMask(b: GraphBuilder, n: View, queries: Dim, keys: Dim): Value | undefined {
  const [before, after] = n.attrs.window;
  if (!n.attrs.causal && before < 0 && after < 0) return undefined;
  const past = n.optional(4) ? n.shape(4)[2]! : 0;
  if (typeof queries !== "number" || typeof keys !== "number" || typeof past !== "number") {
    throw n.error("a causal mask needs a fixed sequence length");
  }
  checkMade([queries, keys], `for Attention (node "${n.name}") a mask`);
  const mask = Array.from({ length: queries * keys }, (_, at) => {
    const distance = Math.floor(at / keys) + past - (at % keys);
    const late = n.attrs.causal && distance < 0;
    const far = (before >= 0 && distance > before) || (after >= 0 && -distance > after);
    return late || far ? -Infinity : 0;
  });
  return b.constant(fromNumbers(n.x().fact.dtype, [queries, keys], mask), "positions");
}

/** The mask input as an addend; keys beyond its extent are masked. */
function givenMask(b: GraphBuilder, n: View, keys: Dim): Value | undefined {
  const given = n.optional(3);
  if (!given) return undefined;
  const never = b.scalar(-Infinity, n.x());
  const mask =
    given.fact.dtype === "bool" ? b.where(given, b.scalar(0, n.x()), never, "mask") : given;
  const { shape } = mask.fact;
  const reach = shape.at(-1)!;
  if (reach === keys) return mask;
  if (typeof reach !== "number" || typeof keys !== "number") {
    throw n.error(`its mask covers ${reach} of ${keys} keys`);
  }
  const pads = shape.map((_, i) => (i === shape.length - 1 ? keys - reach : 0));
  return b.op("Pad", [mask, b.ints([...shape.map(() => 0), ...pads]), never], {}, "mask/whole");
}

/** softmax(scores + mask), and 0 for a query with all keys masked, where softmax would be 0/0; as in PyTorch. */
function weightsOf(b: GraphBuilder, scores: Value, mask: Value, isGiven: boolean): Value {
  const softmax = (added: Value): Value =>
    b.op("Softmax", [b.add(scores, added, "scores")], { axis: int(-1) }, "weights");
  if (!isGiven) return softmax(mask);
  const most = b.max(mask, [mask.fact.shape.length - 1]);
  const isBlind = b.op("Equal", [most, b.scalar(-Infinity, most)]);
  // The softmax input is replaced as well, so that the gradient is 0 and not 0·∞.
  const weights = softmax(b.where(isBlind, b.scalar(0, mask), mask, "mask/finite"));
  return b.where(isBlind, b.scalar(0, weights), weights, "weights/seen");
}

// Y = softmax(cap(s·QKᵀ) + mask)·V per head; cap(z) = c·tanh(z/c). Always in float32; softmax_precision is ignored.
const attention: OpSpec<AttentionAttrs> = byDefinition<AttentionAttrs>({
  type: "Attention",
  since: 23,
  arity: [3, 7],
  role: "function",
  attrs: (a) => ({
    causal: a.flag("is_causal"),
    heads: [a.int("q_num_heads"), a.int("kv_num_heads")],
    scale: a.float("scale", 0),
    softcap: a.float("softcap", 0),
    scores: a.int("qk_matmul_output_mode", 0),
    window: [a.int("left_window_size", -1), a.int("right_window_size", -1)],
  }),
  infer,
  definition: (b, n) => {
    if (n.optional(6)) {
      throw n.refusal("its input nonpad_kv_seqlen is for text of several lengths; use attn_mask");
    }
    const { softcap, scores: mode } = n.attrs;
    const query = split(b, n, 0, "query");
    const [keys, values] = ([1, 2] as const).map((i) => {
      const own = split(b, n, i, i === 1 ? "key" : "value");
      const past = n.optional(i + 3);
      return past ? b.concat([past, own], 2, i === 1 ? "keys" : "values") : own;
    }) as [Value, Value];
    const [batch, heads, steps, size] = query.fact.shape as [Dim, Dim, Dim, Dim];
    const scale = n.attrs.scale || 1 / Math.sqrt(Number(size));
    const turned = b.transpose(repeated(b, keys, heads, n), [0, 1, 3, 2], "key/turned");
    const products = b.matmul(b.mulScalar(query, scale, "query/scaled"), turned, "products");
    const capped =
      softcap > 0
        ? b.mulScalar(b.op("Tanh", [b.mulScalar(products, 1 / softcap)]), softcap, "capped")
        : products;
    const length = keys.fact.shape[2]!;
    const given = givenMask(b, n, length);
    const masks = [placesMask(b, n, steps, length), given].filter((m) => m !== undefined);
    const mask = masks.length > 0 ? masks.reduce((p, q) => b.add(p, q, "mask/both")) : undefined;
    const weights = mask
      ? weightsOf(b, capped, mask, given !== undefined)
      : b.op("Softmax", [capped], { axis: int(-1) }, "weights");
    const read = b.matmul(weights, repeated(b, values, heads, n), "read");
    const width = n.rank() === 3 ? b.transpose(read, [0, 2, 1, 3], "rows") : read;
    const y =
      n.rank() === 3 ? b.reshape(width, [batch, steps, infer(n)[0]!.shape[2]!], "joined") : read;
    if (n.node.outputs[3] && mode !== 0 && mode !== 3) {
      throw n.refusal(
        `its fourth output is supported for qk_matmul_output_mode 0 and 3, not ${mode}`,
      );
    }
    return [y, keys, values, mode === 0 ? products : weights];
  },
});

export const attentions: readonly OpSpec[] = [attention];
