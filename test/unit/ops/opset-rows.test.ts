import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { float, int, ints, text } from "../../../src/onnx/attribute.js";
import type { Attributes, Graph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { foldConstants } from "../../../src/passes/fold-constants.js";
import { inferShapes } from "../../../src/passes/infer-shapes.js";
import { prepare } from "../../../src/passes/prepare.js";
import { upgradeOpset } from "../../../src/passes/upgrade-opset.js";
import { float32, fromNumbers, int64, toNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { Random } from "../../support/random.js";

/** A node as an old file has it. */
interface OldNode {
  readonly op: string;
  readonly opset: number;
  readonly attributes?: Attributes;
  readonly x?: Tensor;
  readonly constants?: readonly (Tensor | undefined)[];
  readonly outputs?: number;
}

const noise = new Random(3);

function random(...dims: number[]): Tensor {
  const size = dims.reduce((p, d) => p * d, 1);
  return float32(dims, noise.many(size, -2, 2));
}

const scalar = (value: number): Tensor => float32([], [value]);

function graphOf(old: OldNode, x: Tensor): Graph {
  const constants = new Map<string, Tensor>();
  const inputs = (old.constants ?? []).map((t, i) => {
    if (t) constants.set(`c${i}`, t);
    return t ? `c${i}` : "";
  });
  const outputs = Array.from({ length: old.outputs ?? 1 }, (_, i) => `y${i}`);
  const node = {
    name: "old",
    op: old.op,
    domain: "",
    inputs: ["x", ...inputs],
    outputs,
    attributes: old.attributes ?? {},
  };
  return {
    name: "old",
    opsets: new Map([["", old.opset]]),
    inputs: [{ name: "x", fact: { dtype: x.dtype, shape: x.dims } }],
    // What an output is, inference says; ONNX Runtime needs the type.
    outputs: outputs.map((name) => ({ name, fact: { dtype: x.dtype, shape: [] } })),
    nodes: [node],
    constants,
    metadata: new Map(),
  };
}

async function run(graph: Graph, x: Tensor): Promise<Tensor> {
  const executable = await ortBackend({ threads: 1 }).compile(graph);
  try {
    return (await executable.run(new Map([["x", x]]))).get("y0")!;
  } finally {
    await executable.dispose();
  }
}

/** The node in its own operator set and as we rewrite it: one result. */
async function same(old: OldNode): Promise<void> {
  const x = old.x ?? random(2, 3, 4, 6);
  const graph = graphOf(old, x);
  const prepared = prepare(graph, registry);
  expect(prepared.opsets.get("")).toBe(18);
  const first = [prepared.outputs[0]!];
  const rewritten = await run({ ...prepared, outputs: first }, x);
  const original = await run({ ...graph, outputs: first }, x);
  expect(rewritten.dims).toEqual(original.dims);
  expect(prepared.outputs[0]!.fact.shape).toEqual(original.dims);
  const [p, q] = [toNumbers(rewritten), toNumbers(original)];
  for (let i = 0; i < q.length; i++) expect(p[i]).toBeCloseTo(q[i]!, 5);
}

const perChannel = [random(3), random(3), random(3), float32([3], [0.5, 1, 2])];
const upscale = [1, 1, 2, 3];
const windows = { kernel_shape: ints([3, 2]), strides: ints([2, 2]) };

describe("an older node means the same after uplift", () => {
  it.each<OldNode>([
    {
      op: "Slice",
      opset: 9,
      attributes: { starts: ints([1, -3]), ends: ints([3, 9]), axes: ints([1, 3]) },
    },
    { op: "Slice", opset: 9, attributes: { starts: ints([0, 1]), ends: ints([1, 2]) } },
    { op: "Upsample", opset: 7, attributes: { scales: { type: "floats", value: upscale } } },
    {
      op: "Upsample",
      opset: 9,
      attributes: { mode: text("linear") },
      constants: [float32([4], upscale)],
    },
    {
      op: "Resize",
      opset: 10,
      attributes: { mode: text("linear") },
      constants: [float32([4], [1, 1, 0.5, 1.5])],
    },
    {
      op: "Resize",
      opset: 11,
      attributes: { mode: text("linear"), coordinate_transformation_mode: text("align_corners") },
      constants: [float32([0], []), float32([0], []), int64([2, 3, 7, 5])],
    },
    {
      op: "Resize",
      opset: 11,
      attributes: {
        coordinate_transformation_mode: text("tf_half_pixel_for_nn"),
        nearest_mode: text("floor"),
      },
      constants: [float32([0], []), float32([4], [1, 1, 1.5, 2])],
    },
    { op: "Clip", opset: 6 + 1, attributes: { min: float(-1), max: float(0.5) } },
    { op: "Clip", opset: 10, attributes: { max: float(0.5) } },
    {
      op: "Pad",
      opset: 10,
      attributes: { pads: ints([0, 0, 1, 2, 0, 0, 3, 0]), value: float(0.5) },
    },
    {
      op: "Pad",
      opset: 10,
      attributes: { pads: ints([0, 0, 1, 2, 0, 0, 3, 0]), mode: text("reflect") },
    },
    { op: "Dropout", opset: 7, attributes: { ratio: float(0.3) } },
    { op: "Squeeze", opset: 11, attributes: { axes: ints([1]) }, x: random(2, 1, 1, 3) },
    { op: "Squeeze", opset: 11, x: random(2, 1, 1, 3) },
    { op: "Unsqueeze", opset: 11, attributes: { axes: ints([0, 3]) }, x: random(2, 3) },
    { op: "ReduceSum", opset: 11, attributes: { axes: ints([2, 3]), keepdims: int(0) } },
    { op: "ReduceMean", opset: 13, attributes: { axes: ints([-1]) } },
    { op: "ReduceMax", opset: 12 },
    { op: "ReduceL2", opset: 17, attributes: { axes: ints([1]) } },
    { op: "Split", opset: 11, attributes: { axis: int(3), split: ints([2, 4]) }, outputs: 2 },
    { op: "Split", opset: 13, attributes: { axis: int(3) }, outputs: 3 },
    { op: "Softmax", opset: 11, attributes: { axis: int(2) } },
    { op: "Softmax", opset: 11 },
    { op: "LogSoftmax", opset: 12, attributes: { axis: int(1) } },
    { op: "Hardmax", opset: 11, attributes: { axis: int(2) } },
    { op: "BatchNormalization", opset: 7, attributes: { spatial: int(1) }, constants: perChannel },
    { op: "BatchNormalization", opset: 9, constants: perChannel },
    { op: "TopK", opset: 9, attributes: { k: int(2), axis: int(1) }, outputs: 2 },
    { op: "TopK", opset: 10, attributes: { axis: int(1) }, constants: [int64([2])], outputs: 2 },
    {
      op: "Scatter",
      opset: 9,
      attributes: { axis: int(1) },
      x: random(2, 3),
      constants: [int64([2, 0], [2, 1]), random(2, 1)],
    },
    { op: "GatherND", opset: 11, x: random(3, 4), constants: [int64([2, 0], [2, 1])] },
    { op: "MaxPool", opset: 8, attributes: { ...windows, pads: ints([1, 1, 0, 0]) } },
    { op: "AveragePool", opset: 7, attributes: { ...windows, count_include_pad: int(1) } },
    { op: "AveragePool", opset: 10, attributes: { ...windows, ceil_mode: int(1) } },
    { op: "LpPool", opset: 7, attributes: windows },
    { op: "DepthToSpace", opset: 10, attributes: { blocksize: int(2) }, x: random(1, 8, 2, 3) },
    { op: "Pow", opset: 7, x: float32([3], [1, 2, 3]), constants: [scalar(1.5)] },
    { op: "Flatten", opset: 7, attributes: { axis: int(2) } },
    { op: "PRelu", opset: 7, constants: [float32([3, 1, 1], [0.1, 0.2, 0.3])] },
    { op: "Gemm", opset: 7, x: random(2, 3), constants: [random(3, 4), random(4)] },
    { op: "RoiAlign", opset: 10, constants: [float32([1, 4], [0, 0, 3, 3]), int64([1])] },
    { op: "LayerNormalization", opset: 17, constants: [random(6), random(6)] },
    { op: "GridSample", opset: 16, constants: [random(2, 3, 3, 2)] },
  ])("$op, operator set $opset", same);
});

it("bounds have the dtype of what they bound", async () => {
  const x = fromNumbers("float64", [3], [-2, 0.1, 2]);
  const graph = graphOf({ op: "Clip", opset: 10, attributes: { min: float(-1) } }, x);
  const prepared = foldConstants(inferShapes(upgradeOpset(graph), registry));
  expect(prepared.nodes.map((n) => n.op)).toEqual(["Clip"]);
  expect(Array.from(toNumbers(await run(prepared, x)))).toEqual([-1, 0.1, 2]);
});

it("a BatchNormalization of single elements is refused by name", () => {
  const node = { op: "BatchNormalization", opset: 8, attributes: { spatial: int(0) } };
  const graph = graphOf({ ...node, constants: perChannel }, random(2, 3, 4, 6));
  expect(() => upgradeOpset(graph)).toThrow(/spatial.*BatchNormalization \(node "old"\)/);
});
