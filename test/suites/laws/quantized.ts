import fc from "fast-check";
import { float, int, ints } from "../../../src/onnx/attribute.js";
import type { Constant, Geometry, Row } from "./case.js";
import { constant, oneOf, windowAttributes, windows } from "./geometry.js";

/**
 * Operators whose operands are integers: no gradient can be compared with a difference, so that the cases serve the law
 * of the kernels. What gradients pass through them is tested in test/unit/passes/replacement/levels-to-floats.test.ts.
 */
type Type = "uint8" | "int8";

const ranges = { uint8: [0, 255], int8: [-128, 127] } as const;

/** Levels from a seed, so that a failing case stays small. */
function levels(dims: readonly number[], type: Type, seed: number): Constant {
  const count = dims.reduce((p, d) => p * d, 1);
  const [least] = ranges[type];
  return constant(
    Array.from({ length: count }, (_, i) => least + (((i + 1) * (2 * seed + 7) * 37) % 256)),
    dims,
    type,
  );
}

const number = (value: number, type: Constant["dtype"]): Constant => constant([value], [], type);
const point = (type: Type, seed: number): Constant =>
  number(type === "uint8" ? 100 + (seed % 50) : (seed % 9) - 4, type);

const setting = fc.record({
  seed: fc.nat(50),
  type: fc.constantFrom<Type[]>("uint8", "int8"),
  scale: oneOf(0.01, 0.037, 0.5),
});

const conv = (op: string, isInteger: boolean): Row => ({
  op,
  cases: fc
    .record({
      setting,
      axes: windows((kernel) => kernel - 1).filter((axes) => axes.length === 2),
      perChannel: fc.boolean(),
      bias: fc.boolean(),
      each: fc.integer({ min: 1, max: 3 }),
      made: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ setting: { seed, scale }, axes, perChannel, bias, each, made }): Geometry => {
      const x = levels([1, each, ...axes.map((a) => a.extent)], "uint8", seed);
      const w = levels([made, each, ...axes.map((a) => a.kernel)], "int8", seed + 1);
      const attributes = windowAttributes(axes, "NOTSET");
      if (isInteger) {
        return { attributes, inputs: [x, w, point("uint8", seed), number(0, "int8")] };
      }
      const scales = perChannel
        ? constant(
            Array.from({ length: made }, (_, i) => scale * (i + 1)),
            [made],
            "float32",
          )
        : number(scale, "float32");
      const zeros = perChannel
        ? constant(new Array<number>(made).fill(0), [made], "int8")
        : number(0, "int8");
      return {
        attributes,
        inputs: [
          ...[x, number(0.05, "float32"), point("uint8", seed), w, scales, zeros],
          ...[number(3.1, "float32"), point("uint8", seed + 3)],
          bias
            ? constant(
                Array.from({ length: made }, (_, i) => 500 * i - 300),
                [made],
                "int32",
              )
            : undefined,
        ],
      };
    }),
});

const matMul = (op: string, place: (s: Operands) => Geometry["inputs"]): Row => ({
  op,
  cases: fc
    .record({
      setting,
      m: fc.integer({ min: 1, max: 3 }),
      k: fc.integer({ min: 1, max: 4 }),
      n: fc.integer({ min: 1, max: 3 }),
      perColumn: fc.boolean(),
    })
    .map(({ setting: { seed, scale }, m, k, n, perColumn }) => ({
      attributes: {},
      inputs: place({
        a: levels([m, k], "uint8", seed),
        b: levels([k, n], "int8", seed + 1),
        aScale: number(0.05, "float32"),
        aZero: point("uint8", seed),
        bScale: perColumn
          ? constant(
              Array.from({ length: n }, (_, i) => scale * (i + 1)),
              [n],
              "float32",
            )
          : number(scale, "float32"),
        bZero: perColumn ? constant(new Array<number>(n).fill(0), [n], "int8") : number(0, "int8"),
        yScale: number(1.3, "float32"),
        yZero: point("uint8", seed + 2),
        shift: constant(
          Array.from({ length: n }, (_, i) => 70 * i - 90),
          [n],
          "int32",
        ),
      }),
    })),
});

type Operands = Readonly<
  Record<
    "a" | "b" | "aScale" | "aZero" | "bScale" | "bZero" | "yScale" | "yZero" | "shift",
    Constant
  >
>;

/** Levels, scale and zero point of an operand; scale and zero point of the result. */
const function1 = (
  op: string,
  attributes: Geometry["attributes"],
  dims: readonly number[],
): Row => ({
  op,
  cases: setting.map(({ seed, type, scale }) => ({
    attributes,
    inputs: [
      ...[levels(dims, type, seed), number(scale, "float32"), point(type, seed)],
      ...[number(0.0234, "float32"), point(type, seed + 1)],
    ],
  })),
});

const function2 = (op: string): Row => ({
  op,
  cases: setting.map(({ seed, type, scale }) => ({
    attributes: {},
    inputs: [
      ...[levels([2, 3], type, seed), number(scale, "float32"), point(type, seed)],
      ...[levels([3], type, seed + 4), number(0.0311, "float32"), point(type, seed + 1)],
      ...[number(0.0567, "float32"), point(type, seed + 2)],
    ],
  })),
});

const concat: Row = {
  op: "com.microsoft:QLinearConcat",
  cases: setting.map(({ seed, type, scale }) => ({
    attributes: { axis: int(1) },
    inputs: [
      ...[number(0.0512, "float32"), point(type, seed)],
      ...[levels([2, 2], type, seed), number(scale, "float32"), point(type, seed + 1)],
      ...[levels([2, 3], type, seed + 2), number(0.0123, "float32"), point(type, seed + 3)],
    ],
  })),
};

/** Weights of 4 and 8 bits in blocks, the last of which may be partly used; zero points packed or absent. */
const blockProduct: Row = {
  op: "com.microsoft:MatMulNBits",
  cases: fc
    .record({
      seed: fc.nat(50),
      bits: fc.constantFrom(4, 8),
      rows: fc.constantFrom(16, 32, 40),
      columns: fc.integer({ min: 1, max: 3 }),
      samples: fc.integer({ min: 1, max: 2 }),
      hasZeros: fc.boolean(),
      isGrouped: fc.boolean(),
      hasBias: fc.boolean(),
    })
    .map(({ seed, bits, rows, columns, samples, hasZeros, isGrouped, hasBias }): Geometry => {
      const blocks = Math.ceil(rows / 16);
      const zeros = levels([columns, Math.ceil((blocks * bits) / 8)], "uint8", seed + 3);
      const groups = Array.from({ length: rows }, (_, k) => (k * 7 + seed) % blocks);
      return {
        attributes: { K: int(rows), N: int(columns), bits: int(bits), block_size: int(16) },
        inputs: [
          { dims: [samples, rows] },
          levels([columns, blocks, 2 * bits], "uint8", seed),
          { dims: [columns, blocks], values: { from: 0.01, to: 0.1 } },
          hasZeros ? zeros : undefined,
          isGrouped && !hasZeros && bits === 4 ? constant(groups, [rows], "int32") : undefined,
          hasBias ? { dims: [columns] } : undefined,
        ],
      };
    }),
};

const pool = { kernel_shape: ints([2, 2]), strides: ints([1, 2]), pads: ints([1, 0, 0, 1]) };

export const quantized: readonly Row[] = [
  conv("ConvInteger", true),
  conv("QLinearConv", false),
  conv("com.microsoft:QLinearConv", false),
  matMul("MatMulInteger", ({ a, b, aZero, bZero }) => [a, b, aZero, bZero]),
  matMul("QLinearMatMul", (s) => [
    ...[s.a, s.aScale, s.aZero, s.b, s.bScale, s.bZero, s.yScale, s.yZero],
  ]),
  matMul("com.microsoft:QGemm", (s) => [
    ...[s.a, s.aScale, s.aZero, s.b, s.bScale, s.bZero, s.shift, s.yScale, s.yZero],
  ]),
  matMul("com.microsoft:MatMulIntegerToFloat", (s) => [
    ...[s.a, s.b, s.aScale, s.bScale, s.aZero, s.bZero],
  ]),
  blockProduct,
  function2("com.microsoft:QLinearAdd"),
  function2("com.microsoft:QLinearMul"),
  function1("com.microsoft:QLinearSigmoid", {}, [2, 5]),
  function1("com.microsoft:QLinearLeakyRelu", { alpha: float(0.2) }, [2, 5]),
  function1("com.microsoft:QLinearSoftmax", { axis: int(-1), opset: int(13) }, [2, 5]),
  function1("com.microsoft:QLinearGlobalAveragePool", { channels_last: int(0) }, [1, 2, 3, 3]),
  function1("com.microsoft:QLinearAveragePool", pool, [1, 2, 4, 5]),
  function1("com.microsoft:QLinearReduceMean", { axes: ints([1]), keepdims: int(1) }, [2, 3, 4]),
  concat,
];
