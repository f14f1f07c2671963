/**
 * Matrix products with weights in blocks of a few bits (com.microsoft), as language models and their heads are stored.
 *
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
 *
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { isFloat } from "../../tensor/dtype.js";
import { isStatic, sizeOf } from "../../tensor/shape.js";
import { byDefinition } from "../core/by-definition.js";
import { microsoft } from "../core/domains.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

interface BlockAttrs {
  /** Rows and columns of the weight, [K,N]. */
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  readonly blockSize: number;
}

type View = NodeView<BlockAttrs>;

/** Unpacks the numbers in bytes [N,bytes], the lowest bits first, as floats [N,bytes·8/bits]. */
function unpacked(b: GraphBuilder, packed: Value, n: View): Value {
  const { bits, columns } = n.attrs;
  const like = n.x();
  const base = 2 ** bits;
  let rest = b.cast(packed, like.fact.dtype);
  const digits = Array.from({ length: 8 / bits }, () => {
    const shifted = b.op("Floor", [b.mulScalar(rest, 1 / base)]);
    const digit = b.sub(rest, b.mulScalar(shifted, base));
    rest = shifted;
    return b.op("Unsqueeze", [digit, b.ints([-1])]);
  });
  const joined = digits.length === 1 ? digits[0]! : b.concat(digits, -1);
  return b.reshape(joined, [columns, -1]);
}

/** The number of blocks of each column. */
const blocksOf = ({ attrs: { rows, blockSize } }: View): number => Math.ceil(rows / blockSize);

/** One number for each block, [N,blocks]: zero points packed like the weights, or floats. */
function zeroPoints(b: GraphBuilder, n: View): Value | undefined {
  const given = n.optional(3);
  const { columns } = n.attrs;
  if (!given) return undefined;
  if (isFloat(given.fact.dtype)) return b.reshape(b.cast(given, n.x().fact.dtype), [columns, -1]);
  const bytes = b.reshape(given, [columns, -1]);
  return b.slice(unpacked(b, bytes, n), [1], [0], [blocksOf(n)]);
}

/** The weight [K,N]: (q − z)·s, with z and s of the block of q. */
function weight(b: GraphBuilder, n: View): Value {
  const { rows, columns, bits, blockSize } = n.attrs;
  const blocks = blocksOf(n);
  const levels = unpacked(b, b.reshape(n.x(1), [columns, -1]), n);
  const scales = b.reshape(b.cast(n.x(2), n.x().fact.dtype), [columns, blocks]);
  const zeros = zeroPoints(b, n);
  const groups = n.optional(4);
  // With g_idx, row k belongs to block g_idx[k]; else each block has consecutive rows.
  const spread = (perBlock: Value): Value =>
    groups
      ? b.op("Gather", [perBlock, groups], { axis: { type: "int", value: 1 } })
      : b.slice(
          b.reshape(
            b.op("Expand", [
              b.reshape(perBlock, [columns, blocks, 1]),
              b.ints([columns, blocks, blockSize]),
            ]),
            [columns, blocks * blockSize],
          ),
          [1],
          [0],
          [rows],
        );
  const used = b.slice(levels, [1], [0], [rows]);
  const centred = zeros ? b.sub(used, spread(zeros)) : b.addScalar(used, -(2 ** (bits - 1)));
  return b.transpose(b.mul(centred, spread(scales)), [1, 0], "weight");
}

function check(n: View): void {
  const { rows, columns, bits, blockSize } = n.attrs;
  if (![2, 4, 8].includes(bits)) {
    throw n.refusal(`weights of ${bits} bits are not supported; 2, 4 and 8 bits are`);
  }
  if (n.optional(3) && n.optional(4)) {
    throw n.refusal(
      "zero points together with g_idx are not supported: ONNX Runtime (to 1.32) ignores the zero points; quantize " +
        "symmetrically, or without reordering",
    );
  }
  const packed = n.shape(1);
  const size = columns * blocksOf(n) * Math.ceil((blockSize * bits) / 8);
  const fits = rows > 0 && blockSize >= 16 && isStatic(packed) && sizeOf(packed) === size;
  if (fits && n.x(1).fact.dtype === "uint8" && n.shape().at(-1) === rows) return;
  throw n.error(
    `A [${n.shape().join(",")}] and B [${packed.join(",")}] do not fit a weight [${rows},${columns}] of ${bits} bits in ` +
      `blocks of ${blockSize}`,
  );
}

// y = A·W + bias, W [K,N] dequantized from blocks
const matMulNBits: OpSpec<BlockAttrs> = byDefinition<BlockAttrs>({
  type: "MatMulNBits",
  domain: microsoft,
  since: 1,
  arity: [3, 6],
  role: "product",
  attrs: (a) => ({
    rows: a.required("K", a.int("K")),
    columns: a.required("N", a.int("N")),
    bits: a.int("bits", 4),
    blockSize: a.required("block_size", a.int("block_size")),
  }),
  definition: (b, n) => {
    check(n);
    const y = b.matmul(n.x(), weight(b, n), "product");
    const bias = n.optional(5);
    return [bias ? b.add(y, bias) : y];
  },
});

export const blockProducts: readonly OpSpec[] = [matMulNBits];
