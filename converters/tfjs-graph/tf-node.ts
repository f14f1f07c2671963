import type { ElementType, Step, StepOperator } from "../../src/backends/tfjs/program.js";

/** A node of a TensorFlow graph in tfjs's model.json. */
export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, TfAttribute>>;
}

export type TfAttribute =
  | { readonly type: string }
  | { readonly b: boolean }
  | { readonly i: string }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly list: { readonly i: readonly string[] } }
  | { readonly shape: TfShape }
  | { readonly tensor: { readonly dtype: string; readonly tensorShape: TfShape } };

export interface TfShape {
  readonly dim: readonly { readonly size: string }[];
}

export const tfShape = (dims: readonly number[]): TfShape => ({
  dim: dims.map((d) => ({ size: String(d) })),
});

export const tfType = (type: ElementType | "bool"): TfAttribute => ({ type: tfTypeName(type) });

export const tfTypeName = (type: ElementType | "bool"): string =>
  ({ float32: "DT_FLOAT", int32: "DT_INT32", bool: "DT_BOOL" })[type];

/** The context for writing a step as nodes: names of its inputs, constants, and further nodes. */
export interface NodeWriter {
  /** Adds a node named after the step, and returns the name of its first output. */
  node(op: string, input: readonly string[], attr?: TfNode["attr"], hint?: string): string;
  ints(values: readonly number[]): string;
  int(value: number): string;
  float(value: number): string;
}

const bytes = (text: string): TfAttribute => ({ s: btoa(text) });
const list = (values: readonly number[]): TfAttribute => ({ list: { i: values.map(String) } });
const bool = (b: boolean): TfAttribute => ({ b });
const float32 = { T: tfType("float32") };

/** The attributes of an unpadded window over NHWC. */
const window = (strides: readonly number[]): TfNode["attr"] => ({
  ...float32,
  strides: list([1, ...strides, 1]),
  padding: bytes("VALID"),
  data_format: bytes("NHWC"),
});

/** Comparisons return booleans, but programs use numeric masks. */
function mask(w: NodeWriter, op: string, x: readonly string[], type: ElementType): string {
  const compared = w.node(op, x, { T: tfType(type) }, "bool");
  return w.node("Cast", [compared], { SrcT: tfType("bool"), DstT: tfType("float32") });
}

type Writer<O extends StepOperator> = (
  w: NodeWriter,
  x: readonly string[],
  a: Step<O>["attributes"],
  /** The type of the first input. */
  type: ElementType,
) => string;

/** Operators with attributes or further nodes. */
const writers: { readonly [O in StepOperator]?: Writer<O> } = {
  Step: (w, [x]) => mask(w, "Greater", [x!, w.float(0)], "float32"),
  Equal: (w, x, _, type) => mask(w, "Equal", x, type),
  Greater: (w, x, _, type) => mask(w, "Greater", x, type),
  GreaterEqual: (w, x, _, type) => mask(w, "GreaterEqual", x, type),
  IsInf: (w, x, _, type) => mask(w, "IsInf", x, type),
  IsNan: (w, x, _, type) => mask(w, "IsNan", x, type),
  SelectV2: (w, [condition, a, b]) => {
    const types = { SrcT: tfType("float32"), DstT: tfType("bool") };
    const chosen = w.node("Cast", [condition!], types, "condition");
    return w.node("SelectV2", [chosen, a!, b!], float32);
  },
  Max: (w, [x], a) => w.node("Max", [x!, w.ints(a.axis)], { keep_dims: bool(a.keepDims) }),
  Mean: (w, [x], a) => w.node("Mean", [x!, w.ints(a.axis)], { keep_dims: bool(a.keepDims) }),
  Min: (w, [x], a) => w.node("Min", [x!, w.ints(a.axis)], { keep_dims: bool(a.keepDims) }),
  Prod: (w, [x], a) => w.node("Prod", [x!, w.ints(a.axis)], { keep_dims: bool(a.keepDims) }),
  Sum: (w, [x], a) => w.node("Sum", [x!, w.ints(a.axis)], { keep_dims: bool(a.keepDims) }),
  ArgMax: (w, [x], { axis }) => w.node("ArgMax", [x!, w.int(axis)]),
  ArgMin: (w, [x], { axis }) => w.node("ArgMin", [x!, w.int(axis)]),
  AvgPool: (w, x, a) =>
    w.node("AvgPool", x, { ...window(a.strides), ksize: list([1, ...a.ksize, 1]) }),
  MaxPool: (w, x, a) =>
    w.node("MaxPool", x, { ...window(a.strides), ksize: list([1, ...a.ksize, 1]) }),
  Conv2D: (w, x, a) =>
    w.node("Conv2D", x, { ...window(a.strides), dilations: list([1, ...a.dilations, 1]) }),
  DepthwiseConv2dNative: (w, x, a) =>
    w.node("DepthwiseConv2dNative", x, {
      ...window(a.strides),
      dilations: list([1, ...a.dilations, 1]),
    }),
  BatchMatMulV2: (w, x, a) =>
    w.node("BatchMatMulV2", x, { ...float32, adj_x: bool(a.adjX), adj_y: bool(a.adjY) }),
  Cast: (w, x, { type }) => w.node("Cast", x, { DstT: tfType(type) }),
  ClipByValue: (w, [x], a) => w.node("ClipByValue", [x!, w.float(a.min), w.float(a.max)]),
  ConcatV2: (w, x, { axis }) =>
    w.node("ConcatV2", [...x, w.int(axis)], { N: { i: String(x.length) } }),
  Cumsum: (w, [x], a) =>
    w.node("Cumsum", [x!, w.int(a.axis)], {
      exclusive: bool(a.exclusive),
      reverse: bool(a.reverse),
    }),
  Fill: (w, _, { shape, value, type }) =>
    w.node("Fill", [w.ints(shape), type === "int32" ? w.int(value) : w.float(value)], {
      // Without it tfjs converts integers to float32.
      T: tfType(type),
    }),
  GatherV2: (w, [x, indices], { axis }) => w.node("GatherV2", [x!, indices!, w.int(axis)]),
  LeakyRelu: (w, x, { alpha }) => w.node("LeakyRelu", x, { ...float32, alpha: { f: alpha } }),
  PadV2: (w, [x], { paddings, value }) => {
    const pairs = w.node("Reshape", [w.ints(paddings.flat()), w.ints([-1, 2])], {}, "paddings");
    return w.node("PadV2", [x!, pairs, w.float(value)]);
  },
  Reshape: (w, [x], { shape }) => w.node("Reshape", [x!, w.ints(shape)]),
  ReverseV2: (w, [x], { axis }) => w.node("ReverseV2", [x!, w.ints(axis)]),
  ScatterNd: (w, [indices, updates], { shape }) =>
    w.node("ScatterNd", [indices!, updates!, w.ints(shape)]),
  Slice: (w, [x], { begin, size }) => w.node("Slice", [x!, w.ints(begin), w.ints(size)]),
  Tile: (w, [x], { multiples }) => w.node("Tile", [x!, w.ints(multiples)]),
  TopKV2: (w, [x], { k }) => w.node("TopKV2", [x!, w.int(k)], { sorted: bool(true) }),
  Transpose: (w, [x], { perm }) => w.node("Transpose", [x!, w.ints(perm)]),
};

/** Writes a step as nodes and returns the name of its result; `type` is the type of its first input. */
export function writeStep(
  w: NodeWriter,
  step: Step,
  type: ElementType,
  inputs: readonly string[],
): string {
  const writer = writers[step.op] as Writer<StepOperator> | undefined;
  if (!writer) return w.node(step.op, inputs, { T: tfType(type) });
  return writer(w, inputs, step.attributes, type);
}
