import fc from "fast-check";
import { float, int, ints, text } from "../../../src/onnx/attribute.js";
import type { Attributes } from "../../../src/onnx/ir.js";
import type { Geometry, Row } from "./case.js";
import { fusedAttention } from "./fused-attention.js";
import {
  autoPads,
  constant,
  extentsOf,
  forAutoPad,
  oneOf,
  shapes,
  variable,
  windowAttributes,
  windows,
  type WindowAxis,
} from "./geometry.js";

const extent = fc.integer({ min: 1, max: 3 });
const activations = oneOf("", "Tanh", "Sigmoid");

/** Attribute of a fused activation. */
const activating = (activation: string): Attributes =>
  activation === "" ? {} : { activation: text(activation) };

/** Number of positions of a window along its axis. */
const positions = (a: WindowAxis): number =>
  Math.floor((a.extent + a.begin + a.end - a.dilation * (a.kernel - 1) - 1) / a.stride) + 1;

/** Smooth activations, with a sum and without. Those with kinks are tested in test/unit/ops/fused.test.ts. */
const fusedConv = (op: string, isLast: boolean): Row => ({
  op,
  cases: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      group: fc.integer({ min: 1, max: 2 }),
      each: fc.integer({ min: 1, max: 2 }),
      axes: windows((kernel) => kernel - 1).filter((axes) => axes.length < 3),
      autoPad: autoPads,
      bias: fc.boolean(),
      sum: fc.boolean(),
      activation: activations,
    })
    .map(({ batch, group, each, axes, autoPad, bias, sum, activation }) => {
      const extents = extentsOf(axes, autoPad);
      const channels = group * each;
      return {
        attributes: {
          ...windowAttributes(forAutoPad(axes, autoPad), autoPad),
          group: int(group),
          ...activating(activation),
        },
        inputs: [
          variable(isLast ? [batch, ...extents, channels] : [batch, channels, ...extents]),
          variable([channels, each, ...axes.map((a) => a.kernel)]),
          bias ? variable([channels]) : undefined,
          sum && autoPad === "NOTSET"
            ? variable(
                isLast
                  ? [batch, ...axes.map(positions), channels]
                  : [batch, channels, ...axes.map(positions)],
              )
            : undefined,
        ],
      };
    }),
});

const fusedGemm: Row = {
  op: "com.microsoft:FusedGemm",
  cases: fc
    .record({
      m: extent,
      k: extent,
      n: extent,
      c: fc.boolean(),
      activation: oneOf("Tanh", "Sigmoid"),
    })
    .chain((sizes) =>
      fc
        .record({ transA: fc.boolean(), transB: fc.boolean(), alpha: oneOf(1, -0.5) })
        .map((turns) => ({ ...sizes, ...turns })),
    )
    .map(({ m, k, n, c, activation, transA, transB, alpha }) => ({
      attributes: {
        ...{ transA: int(Number(transA)), transB: int(Number(transB)), alpha: float(alpha) },
        ...activating(activation),
      },
      inputs: [
        variable(transA ? [k, m] : [m, k]),
        variable(transB ? [n, k] : [k, n]),
        c ? variable([n]) : undefined,
      ],
    })),
};

/** Matrix products with rows before the batch axes, or transposed, in either factor. */
const fusedMatMul = (op: string, isBatchTurned: boolean): Row => ({
  op,
  cases: fc
    .record({
      batch: shapes({ least: 1, most: 2, extent: 3 }),
      ...{ m: extent, k: extent, n: extent },
      turns: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()),
      alpha: oneOf(undefined, 0.5),
    })
    .map(({ batch, m, k, n, turns: [transA, transB, first, second], alpha }) => {
      const laid = (rows: number, columns: number, isTurned: boolean, isBatch: boolean) => {
        const [p, q] = isTurned ? [columns, rows] : [rows, columns];
        return variable(isBatch ? [p, ...batch, q] : [...batch, p, q]);
      };
      const [batchA, batchB] = isBatchTurned ? [first, second] : [false, false];
      return {
        attributes: {
          ...{ transA: int(Number(transA)), transB: int(Number(transB)) },
          ...(isBatchTurned
            ? { transBatchA: int(Number(batchA)), transBatchB: int(Number(batchB)) }
            : {}),
          ...(alpha === undefined ? {} : { alpha: float(alpha) }),
        },
        inputs: [laid(m, k, transA, batchA), laid(k, n, transB, batchB)],
      };
    }),
  polynomial: true,
});

const unary = (op: string, given: fc.Arbitrary<Attributes> = fc.constant({})): Row => ({
  op,
  cases: fc
    .record({ dims: shapes({ least: 1 }), attributes: given })
    .map(({ dims, attributes }) => ({ attributes, inputs: [variable(dims)] })),
});

/** An activation of a sum with one row. */
const biased = (op: string, isOptional: boolean): Row => ({
  op,
  cases: fc
    .record({ dims: shapes({ least: 1 }), without: fc.boolean() })
    .map(({ dims, without }): Geometry => ({
      attributes: {},
      inputs: [variable(dims), isOptional && without ? undefined : variable([dims.at(-1)!])],
    })),
});

/** Tokens [B,S,width] of at least two numbers: a single number is normalized to 0. */
const skipped = (op: string, hasShift: boolean): Row => ({
  op,
  cases: fc
    .record({
      ...{ batch: fc.integer({ min: 1, max: 2 }), steps: extent },
      width: fc.integer({ min: 3, max: 5 }),
      ...{ shift: fc.boolean(), bias: fc.boolean(), epsilon: oneOf(2 ** -10, 0.125) },
    })
    .map(({ batch, steps, width, shift, bias, epsilon }) => {
      const tokens = variable([batch, steps, width], "distinct");
      const rest = hasShift ? [shift ? variable([width]) : undefined] : [];
      return {
        attributes: { epsilon: float(epsilon) },
        inputs: [
          ...[tokens, variable([batch, steps, width]), variable([width]), ...rest],
          bias ? variable([width]) : undefined,
        ],
      };
    }),
  effort: 1 / 3,
});

const simplified: Row = {
  op: "SimplifiedLayerNormalization",
  cases: fc
    .record({ dims: shapes({ least: 2, most: 3 }), epsilon: oneOf(2 ** -10, 0.125) })
    .map(({ dims, epsilon }) => ({
      attributes: { axis: int(-1), epsilon: float(epsilon) },
      inputs: [variable(dims, { from: 0.5, to: 2 }), variable([dims.at(-1)!])],
    })),
};

/** Tables that depend on the image; the tokens are indices. */
const embedding: Row = {
  op: "com.microsoft:EmbedLayerNormalization",
  cases: fc
    .record({
      tokens: fc.array(fc.nat(3), { minLength: 2, maxLength: 4 }),
      width: fc.integer({ min: 3, max: 5 }),
      segments: fc.boolean(),
    })
    .map(({ tokens, width, segments }) => ({
      attributes: { epsilon: float(2 ** -7) },
      inputs: [
        constant(tokens, [1, tokens.length], "int32"),
        segments
          ? constant(
              tokens.map((t) => t % 2),
              [1, tokens.length],
              "int32",
            )
          : undefined,
        variable([4, width], "distinct"),
        variable([6, width]),
        segments ? variable([2, width]) : undefined,
        variable([width]),
        variable([width]),
      ],
      outputs: 2,
    })),
  effort: 1 / 3,
};

const imageScaler: Row = {
  op: "ImageScaler",
  cases: fc.record({ channels: extent, height: extent, width: extent }).map((d) => ({
    attributes: {
      scale: float(0.5),
      bias: { type: "floats", value: Array.from({ length: d.channels }, (_, i) => i - 1) },
    },
    inputs: [variable([2, d.channels, d.height, d.width])],
  })),
  polynomial: true,
};

const crop: Row = {
  op: "Crop",
  cases: fc
    .record({ border: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)), sized: fc.boolean() })
    .map(({ border, sized }) => ({
      attributes: { border: ints(border), ...(sized ? { scale: ints([2, 3]) } : {}) },
      inputs: [variable([1, 2, 5, 6])],
    })),
  polynomial: true,
};

const linearFunction = fc.constantFrom<Attributes[]>(
  { alpha: float(2), beta: float(0.5) },
  { alpha: float(-0.5), beta: float(1) },
);

export const fused: readonly Row[] = [
  fusedConv("com.microsoft:FusedConv", false),
  fusedConv("com.microsoft:NhwcFusedConv", true),
  fusedConv("com.microsoft:NhwcConv", true),
  fusedGemm,
  fusedMatMul("com.microsoft:FusedMatMul", true),
  fusedMatMul("com.microsoft:TransposeMatMul", false),
  unary("com.microsoft:Gelu"),
  unary("com.microsoft:QuickGelu", fc.constantFrom<Attributes[]>({}, { alpha: float(1) })),
  biased("com.microsoft:BiasGelu", false),
  biased("com.microsoft:FastGelu", true),
  skipped("com.microsoft:SkipLayerNormalization", true),
  skipped("com.microsoft:SkipSimplifiedLayerNormalization", false),
  simplified,
  embedding,
  ...fusedAttention,
  imageScaler,
  crop,
  unary("Affine", linearFunction),
  unary("ScaledTanh", linearFunction),
  unary("ParametricSoftplus", linearFunction),
  unary("Scale", fc.constantFrom<Attributes[]>({ scale: float(3) })),
];
