import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.js";
import { int } from "../../src/onnx/attribute.js";
import { dataTypeOf } from "../../src/onnx/file/element-types.js";
import type { Attributes } from "../../src/onnx/ir.js";
import type { DType } from "../../src/tensor/dtype.js";
import { fromNumbers, int64, toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { newGraph } from "../support/graphs.js";

const seed = Number(process.env["FULLGRAD_SEED"] ?? 20190502);
const runs = Number(process.env["FULLGRAD_RUNS"] ?? 50);

/** A computation on constants. */
interface Computation {
  readonly inputs: readonly Tensor[];
  readonly attributes?: Attributes;
}

type Computations = fc.Arbitrary<Computation>;

const whole = fc.integer({ min: -9, max: 9 });
const nonZero = whole.filter((v) => v !== 0);
const half = whole.map((v) => v / 2);

/** Values of a shape of rank 0 to 2; extents may be 0. */
function block(dtype: DType, values: fc.Arbitrary<number>, least = 0): fc.Arbitrary<Tensor> {
  return fc.array(fc.integer({ min: least, max: 3 }), { maxLength: 2 }).chain((dims) => {
    const count = dims.reduce((p, d) => p * d, 1);
    return fc
      .array(values, { minLength: count, maxLength: count })
      .map((v) => fromNumbers(dtype, dims, v));
  });
}

function vector(dtype: DType, values: fc.Arbitrary<number>, least = 0): fc.Arbitrary<Tensor> {
  return fc
    .array(values, { minLength: least, maxLength: 5 })
    .map((v) => fromNumbers(dtype, [v.length], v));
}

function scalar(dtype: DType, values: fc.Arbitrary<number>): fc.Arbitrary<Tensor> {
  return values.map((v) => fromNumbers(dtype, [], [v]));
}

const attempt = (inputs: readonly Tensor[], attributes: Attributes = {}): Computation => ({
  inputs,
  attributes,
});

const unary = (x: fc.Arbitrary<Tensor>): Computations => x.map((t) => attempt([t]));

/** A tensor and a scalar, or two vectors of equal length. */
function pair(
  dtype: DType,
  first: fc.Arbitrary<number>,
  second: fc.Arbitrary<number> = first,
): Computations {
  const beside = fc
    .tuple(block(dtype, first), scalar(dtype, second))
    .map(([a, b]) => attempt([a, b]));
  const both = fc.array(fc.tuple(first, second), { maxLength: 4 }).map((rows) =>
    attempt([
      fromNumbers(
        dtype,
        [rows.length],
        rows.map(([a]) => a),
      ),
      fromNumbers(
        dtype,
        [rows.length],
        rows.map(([, b]) => b),
      ),
    ]),
  );
  return fc.oneof(beside, both);
}

const integers = block("int64", whole);
const sums: readonly string[] = ["Add", "Sub", "Mul", "Max", "Min"];
const comparisons = ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"];
const reductions = ["ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin"];
const roundings = ["Floor", "Ceil", "Round"];
const bit = fc.integer({ min: 0, max: 1 });

function all(ops: readonly string[], computations: Computations): [string, Computations][] {
  return ops.map((op) => [op, computations]);
}

/** The operators of shape arithmetic. */
const table: readonly (readonly [string, Computations])[] = [
  ...all(sums, fc.oneof(pair("int64", whole), pair("int32", whole), pair("float32", half))),
  // Integer division truncates towards zero: −7 / 2 = −3.
  ["Div", fc.oneof(pair("int64", whole, nonZero), pair("int32", whole, nonZero))],
  ["Div", pair("float32", half, nonZero)],
  ["Mod", pair("int64", whole, nonZero)],
  ["Mod", pair("int64", whole, nonZero).map((c) => ({ ...c, attributes: { fmod: int(1) } }))],
  ["Pow", pair("float32", fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 }))],
  ...all(["Neg", "Abs", "Sign"], fc.oneof(unary(integers), unary(block("float32", half)))),
  ...all(roundings, unary(block("float32", half))),
  ["Sqrt", unary(block("float32", fc.integer({ min: 0, max: 9 })))],
  ...all(comparisons, fc.oneof(pair("int64", whole), pair("float32", half))),
  ...all(["And", "Or", "Xor"], pair("bool", bit)),
  ["Not", unary(block("bool", bit))],
  [
    "Where",
    fc
      .tuple(block("bool", bit, 1), scalar("int64", whole), scalar("int64", whole))
      .map((t) => attempt(t)),
  ],
  ["Identity", unary(integers)],
  [
    "Cast",
    fc
      .tuple(
        fc.oneof(integers, block("float32", half), block("bool", bit), block("int32", whole)),
        fc.constantFrom<DType>("int64", "int32", "float32", "bool"),
      )
      .map(([t, to]) => attempt([t], { to: int(dataTypeOf(to)) })),
  ],
  [
    "Shape",
    fc
      .tuple(
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
        fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
        fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
      )
      .map(([dims, start, end]) =>
        attempt(
          [fromNumbers("float32", dims, new Array(dims.reduce((p, d) => p * d, 1)).fill(0))],
          {
            ...(start === undefined ? {} : { start: int(start) }),
            ...(end === undefined ? {} : { end: int(end) }),
          },
        ),
      ),
  ],
  ["Size", unary(integers)],
  [
    "Gather",
    fc
      .tuple(
        vector("int64", whole, 1),
        fc.array(fc.nat(99), { maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
      )
      .map(([data, picks, back, single]) => {
        const extent = data.dims[0]!;
        const at = picks.map((p) => (p % extent) - (back ? extent : 0));
        return attempt([
          data,
          single ? int64(at.slice(0, 1).concat(0).slice(0, 1), []) : int64(at),
        ]);
      }),
  ],
  [
    "Concat",
    fc
      .array(vector("int64", whole), { minLength: 1, maxLength: 3 })
      .map((parts) => attempt(parts, { axis: int(0) })),
  ],
  [
    "Slice",
    fc
      .tuple(
        vector("int64", whole, 1),
        fc.integer({ min: -7, max: 7 }),
        fc.oneof(fc.integer({ min: -7, max: 7 }), fc.constant(Number.MAX_SAFE_INTEGER)),
        fc.constantFrom(-2, -1, 1, 2),
      )
      .map(([x, start, end, step]) =>
        attempt([x, int64([start]), int64([end]), int64([0]), int64([step])]),
      ),
  ],
  [
    "Unsqueeze",
    fc.tuple(integers, fc.constantFrom(0, -1)).map(([x, at]) => attempt([x, int64([at])])),
  ],
  ["Squeeze", unary(integers)],
  ["Reshape", integers.filter((t) => t.data.length > 0).map((t) => attempt([t, int64([-1])]))],
  ["Flatten", integers.filter((t) => t.data.length > 0).map((t) => attempt([t], { axis: int(0) }))],
  ["Transpose", unary(block("int64", whole, 1))],
  [
    "Expand",
    fc
      .tuple(scalar("int64", whole), fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }))
      .map(([x, dims]) => attempt([x, int64(dims)])),
  ],
  [
    "Range",
    fc
      .tuple(whole, whole, nonZero, fc.constantFrom<DType>("int64", "int32", "float32"))
      .map(([start, limit, delta, dtype]) =>
        attempt([start, limit, delta].map((v) => fromNumbers(dtype, [], [v]))),
      ),
  ],
  [
    "ConstantOfShape",
    fc
      .tuple(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }), whole, bit)
      .map(([dims, value, isBool]) => {
        const fill = isBool ? fromNumbers("bool", [1], [value & 1]) : int64([value]);
        return attempt([int64(dims)], { value: { type: "tensor", value: fill } });
      }),
  ],
  ...all(reductions, fc.oneof(unary(vector("int64", whole, 1)), unary(block("int64", whole, 1)))),
  ...all(
    reductions,
    vector("int64", whole, 1).map((t) => attempt([t, int64([0])], { keepdims: int(0) })),
  ),
];

/** Shape arithmetic before a run gives the engine's results. */
export function shapeArithmetic(backend: Backend): void {
  describe(`shape arithmetic equals the results of ${backend.name}`, () => {
    it.each(table.map(([op, computations], row) => ({ op, computations, row })))(
      "$op ($row)",
      { timeout: 600_000 },
      async ({ op, computations }) => {
        const property = fc.asyncProperty(computations, (c) => expectElements(backend, op, c));
        await fc.assert(property, { numRuns: runs, seed });
      },
    );
  });
}

async function expectElements(
  backend: Backend,
  op: string,
  { inputs, attributes }: Computation,
): Promise<void> {
  const b = newGraph();
  const y = b.op(
    op,
    inputs.map((t) => b.constant(t)),
    attributes,
  );
  const graph = b.build([{ name: y.name, value: y }]);
  const executable = await backend.compile(graph);
  try {
    const actual = (await executable.run(new Map())).get(y.name)!;
    expect({ dtype: y.fact.dtype, shape: y.fact.shape }).toEqual({
      dtype: actual.dtype,
      shape: actual.dims,
    });
    const numbers = Array.from(toNumbers(actual), (v) => v + 0);
    expect(y.fact.elements?.map((e) => Number(e) + 0)).toEqual(numbers);
  } finally {
    await executable.dispose();
  }
}
