import { float, int, ints, text } from "../../../src/onnx/attribute.js";
import type { Attributes } from "../../../src/onnx/ir.js";
import { int64 } from "../../../src/tensor/tensor.js";
import { form, scalar, span, type OldNode } from "./old-node.js";

const clips: readonly OldNode[] = [
  form("Clip", "both bounds as attributes", span(7, 10), { min: float(-0.5), max: float(1) }),
  form("Clip", "lower bound as attribute", span(7, 10), { min: float(0) }),
  form("Clip", "upper bound as attribute", span(7, 10), { max: float(0.25) }),
  form("Clip", "no bound", [7, 10, 11, 13]),
  form("Clip", "bounds as inputs", span(11, 17), {}, { constants: [scalar(-0.5), scalar(1)] }),
  form("Clip", "only the upper one", span(11, 13), {}, { constants: [undefined, scalar(1)] }),
];

const pads: readonly OldNode[] = [
  form("Pad", "attributes", span(7, 10), {
    pads: ints([0, 0, 1, 2, 0, 0, 0, 1]),
    value: float(1.5),
  }),
  form("Pad", "no value", [7, 10], { pads: ints([0, 0, 1, 2, 0, 0, 0, 1]) }),
  form("Pad", "reflect", span(7, 10), {
    pads: ints([0, 0, 1, 2, 0, 0, 0, 1]),
    mode: text("reflect"),
  }),
  form("Pad", "edge", [7, 10], { pads: ints([0, 0, 1, 2, 0, 0, 0, 1]), mode: text("edge") }),
  form("Pad", "negative", [7, 10], { pads: ints([0, 0, -1, 2, 0, 0, 0, -1]) }),
  form(
    "Pad",
    "inputs",
    span(11, 17),
    {},
    {
      constants: [int64([0, 0, 1, 2, 0, 0, 0, 1]), scalar(0.5)],
    },
  ),
  form(
    "Pad",
    "inputs, reflect",
    [11, 13],
    { mode: text("reflect") },
    {
      constants: [int64([0, 0, 1, 2, 0, 0, 0, 1])],
    },
  ),
];

const slices: readonly OldNode[] = [
  form("Slice", "axes as attributes", span(7, 9), {
    axes: ints([1, 3]),
    starts: ints([1, -4]),
    ends: ints([3, 2147483647]),
  }),
  form("Slice", "no axes", span(7, 9), { starts: ints([0, 1]), ends: ints([1, -1]) }),
  form(
    "Slice",
    "inputs with steps",
    span(10, 17),
    {},
    {
      constants: [int64([3]), int64([-9]), int64([2]), int64([-2])],
    },
  ),
];

const axes = (list: readonly number[]): Attributes => ({ axes: ints(list) });
const thin = { dims: [2, 1, 4, 1] } as const;

const shapes: readonly OldNode[] = [
  form("Squeeze", "axes as attribute", span(7, 12), axes([1, 3]), thin),
  form("Squeeze", "negative axes", [11, 12], axes([-1]), thin),
  form("Squeeze", "all", [7, 12], {}, thin),
  form("Squeeze", "axes as input", span(13, 17), {}, { ...thin, constants: [int64([1])] }),
  form("Unsqueeze", "axes as attribute", span(7, 12), axes([0, 3])),
  form("Unsqueeze", "negative axes", [11, 12], axes([-1, 0])),
  form("Unsqueeze", "axes as input", span(13, 17), {}, { constants: [int64([0, -1])] }),
  form("Flatten", "default", [7, 9, 11, 13]),
  form("Reshape", "0 and −1", [7, 13, 14], {}, { constants: [int64([0, -1, 5])] }),
  form("Transpose", "given", [7, 13], { perm: ints([0, 2, 3, 1]) }),
  form(
    "Split",
    "lengths as attribute",
    span(7, 12),
    { axis: int(3), split: ints([2, 3]) },
    {
      outputs: 2,
    },
  ),
  form("Split", "equal pieces", span(7, 17), { axis: int(2) }, { outputs: 2 }),
  form(
    "Split",
    "lengths as input",
    span(13, 17),
    { axis: int(3) },
    {
      outputs: 2,
      constants: [int64([1, 4])],
    },
  ),
  form("Gather", "negative index", [11, 13], { axis: int(3) }, { constants: [int64([-1, 0])] }),
  form("Expand", "broadcast", [8, 13], {}, { dims: [3, 1], constants: [int64([2, 3, 4])] }),
  form("Tile", "twice", [7, 13], {}, { dims: [2, 3], constants: [int64([2, 1])] }),
  form("DepthToSpace", "rows first", [7, 11, 13], { blocksize: int(2) }, { dims: [1, 8, 2, 3] }),
  form("Identity", "copy", [7, 13, 14, 16]),
];

const reducers = ["Max", "Min", "Mean", "Prod", "L1", "L2", "LogSumExp", "SumSquare"];
const reductions: readonly OldNode[] = [
  form("ReduceSum", "axes as attribute", span(7, 12), axes([2, 3])),
  form("ReduceSum", "negative axes, not kept", [11, 12], { ...axes([-1]), keepdims: int(0) }),
  form("ReduceSum", "all", [7, 12, 13], { keepdims: int(0) }),
  form("ReduceSum", "axes as input", span(13, 17), {}, { constants: [int64([1])] }),
  ...reducers.flatMap((r) => [
    form(`Reduce${r}`, "axes as attribute", [7, 11, 13, 17], { ...axes([1, 3]), keepdims: int(0) }),
    form(`Reduce${r}`, "all", [7, 17]),
  ]),
  form(
    "ArgMax",
    "along an axis",
    [7, 11, 12, 13],
    { axis: int(1), keepdims: int(0) },
    {
      integer: true,
    },
  ),
];

/** Before 13, axis 1 means all axes from 1 on. */
const softmaxes: readonly OldNode[] = ["Softmax", "LogSoftmax", "Hardmax"].flatMap((op) => [
  form(op, "default axis", [7, 11, 12]),
  form(op, "axis 2 of 4", [7, 11, 12], { axis: int(2) }),
  form(op, "axis 0", [7, 11], { axis: int(0) }),
  form(op, "last axis", [7, 11], { axis: int(3) }),
  form(op, "axis −1", [11, 12], { axis: int(-1) }),
  form(op, "axis −3", [11, 12], { axis: int(-3) }),
  form(op, "default axis, from 13 on", [13, 17]),
  form(op, "axis 1 by itself", [13, 17], { axis: int(1) }),
  form(op, "matrix", [7, 11, 12], { axis: int(1) }, { dims: [3, 4] }),
]);

/** Operators that move and select elements, reduce and normalize. */
export const oldShapes: readonly OldNode[] = [
  ...clips,
  ...pads,
  ...slices,
  ...shapes,
  ...reductions,
  ...softmaxes,
];
