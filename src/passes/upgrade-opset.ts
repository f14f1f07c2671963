import { ModelFormatError } from "../errors.js";
import { int, text } from "../onnx/attribute.js";
import type { Attribute, Attributes, Graph, Node } from "../onnx/ir.js";
import { float32, int64, type Tensor } from "../tensor/tensor.js";

/**
 * Every graph is rewritten to at least this operator set, so that each operator has a single definition in later
 * passes.
 */
export const workingOpset = 18;
/**
 * Oldest supported operator set. Before it, broadcasting was controlled by attributes; no PyTorch exporter in use
 * writes it.
 */
export const oldestOpset = 7;

/** Lets a rewrite add constants and nodes under unused names. */
interface Rewriter {
  constant(hint: string, t: Tensor): string;
  name(hint: string): string;
}

type Rewrite = (node: Node, w: Rewriter) => readonly Node[];

interface Row {
  readonly ops: readonly string[];
  /** The rewrite applies to nodes of operator sets older than this one. */
  readonly before: number;
  readonly rewrite: Rewrite;
}

const integers = (a: Attribute | undefined): readonly number[] | undefined =>
  a?.type === "ints" ? a.value : a?.type === "int" ? [a.value] : undefined;

function without(attributes: Attributes, ...names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

/** Turns an integer-list attribute into an input. */
function intsToInput(attribute: string, at: number): Rewrite {
  return (node, w) => {
    const values = integers(node.attributes[attribute]);
    if (!values) return [node];
    const inputs = padTo(node.inputs, at);
    inputs[at] = w.constant(attribute, int64(values));
    return [{ ...node, inputs, attributes: without(node.attributes, attribute) }];
  };
}

/** A node with one output, named after it. */
function make(op: string, inputs: string[], output: string, attributes: Attributes = {}): Node {
  return { name: output, op, domain: "", inputs, outputs: [output], attributes };
}

/** A former attribute as a scalar constant cast to the dtype of the node's input, with the node that casts it. */
function scalar(node: Node, attribute: string, w: Rewriter): { name: string; nodes: Node[] } {
  const a = node.attributes[attribute];
  if (a?.type !== "float") return { name: "", nodes: [] };
  const name = w.name(attribute);
  const plain = w.constant(`${attribute}/float32`, float32([], [a.value]));
  return { name, nodes: [make("CastLike", [plain, node.inputs[0]!], name)] };
}

const clip: Rewrite = (node, w) => {
  const [low, high] = [scalar(node, "min", w), scalar(node, "max", w)];
  const inputs = [node.inputs[0]!, low.name, high.name];
  return [...low.nodes, ...high.nodes, { ...node, inputs, attributes: {} }];
};

const pad: Rewrite = (node, w) => {
  const pads = integers(node.attributes["pads"] ?? node.attributes["paddings"]) ?? [];
  const value = scalar(node, "value", w);
  const inputs = [node.inputs[0]!, w.constant("pads", int64(pads)), value.name];
  const attributes = without(node.attributes, "pads", "paddings", "value");
  return [...value.nodes, { ...node, inputs, attributes }];
};

const slice: Rewrite = (node, w) => {
  const inputs = [node.inputs[0]!];
  for (const name of ["starts", "ends", "axes"]) {
    const values = integers(node.attributes[name]);
    if (values) inputs.push(w.constant(name, int64(values)));
  }
  return [{ ...node, inputs, attributes: {} }];
};

// Since 18, a Split without lengths needs the number of outputs.
const split: Rewrite = (node) =>
  node.inputs[1] || node.attributes["num_outputs"]
    ? [node]
    : [{ ...node, attributes: { ...node.attributes, num_outputs: int(node.outputs.length) } }];

// Before 13, Softmax flattened its input to two dimensions at the axis.
const softmax: Rewrite = (node, w) => {
  const axis = node.attributes["axis"];
  const at = axis?.type === "int" ? axis.value : 1;
  const last = { ...node.attributes, axis: int(-1) };
  if (at === -1) return [{ ...node, attributes: last }];
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const [shape, flat, soft] = [w.name("shape"), w.name("flat"), w.name("rows")];
  return [
    make("Shape", [x], shape),
    make("Flatten", [x], flat, { axis: int(at) }),
    { ...node, inputs: [flat], outputs: [soft], attributes: last },
    { ...make("Reshape", [soft, shape], y), name: w.name("unflattened") },
  ];
};

// Upsample, and Resize in operator set 10: output pixel i reads input pixel i / scale.
const resize: Rewrite = (node, w) => {
  const scales = node.attributes["scales"];
  const given =
    scales?.type === "floats"
      ? w.constant("scales", float32([scales.value.length], scales.value))
      : (node.inputs[1] ?? "");
  const mode = node.attributes["mode"] ?? text("nearest");
  const attributes = {
    mode,
    coordinate_transformation_mode: text("asymmetric"),
    nearest_mode: text("floor"),
  };
  return [{ ...node, op: "Resize", inputs: [node.inputs[0]!, "", given], attributes }];
};

// Only in operator set 11: output pixel i reads input pixel (i + 1/2) / scale, which with "floor" rounding equals
// half_pixel.
const resizeForNearest: Rewrite = (node) => {
  const [mode, nearest] = ["coordinate_transformation_mode", "nearest_mode"].map((name) => {
    const a = node.attributes[name];
    return a?.type === "string" ? a.value : "";
  });
  if (mode !== "tf_half_pixel_for_nn" || nearest !== "floor") return [node];
  const attributes = {
    ...node.attributes,
    coordinate_transformation_mode: text("half_pixel"),
    nearest_mode: text("round_prefer_ceil"),
  };
  return [{ ...node, attributes }];
};

// In operator sets 7 and 8, spatial = 0 normalizes each element separately; no PyTorch exporter writes it.
const batchNormalization: Rewrite = (node) => {
  const spatial = node.attributes["spatial"];
  if (spatial?.type === "int" && spatial.value === 0) {
    throw new ModelFormatError(
      `attribute "spatial" of BatchNormalization (node "${node.name}") is 0; it must be 1`,
    );
  }
  // More than one output meant training mode.
  const mode = node.outputs.length > 1 ? { training_mode: int(1) } : {};
  const attributes = without(node.attributes, "spatial", "is_test", "consumed_inputs");
  return [{ ...node, outputs: node.outputs.slice(0, 1), attributes: { ...attributes, ...mode } }];
};

// Before 16, RoiAlign had a fixed coordinate transformation.
const roiAlign: Rewrite = (node) => {
  const attributes = {
    ...node.attributes,
    coordinate_transformation_mode: text("output_half_pixel"),
  };
  return [{ ...node, attributes }];
};

const rows: readonly Row[] = [
  { ops: ["TopK"], before: 10, rewrite: intsToInput("k", 1) },
  { ops: ["Slice"], before: 10, rewrite: slice },
  { ops: ["Upsample", "Resize"], before: 11, rewrite: resize },
  { ops: ["Scatter"], before: 11, rewrite: (n) => [{ ...n, op: "ScatterElements" }] },
  { ops: ["Clip"], before: 11, rewrite: clip },
  { ops: ["Pad"], before: 11, rewrite: pad },
  { ops: ["Dropout"], before: 12, rewrite: (n) => [{ ...n, attributes: {} }] },
  { ops: ["Squeeze", "Unsqueeze", "ReduceSum"], before: 13, rewrite: intsToInput("axes", 1) },
  { ops: ["Split"], before: 13, rewrite: intsToInput("split", 1) },
  { ops: ["Softmax", "LogSoftmax", "Hardmax"], before: 13, rewrite: softmax },
  { ops: ["Resize"], before: 13, rewrite: resizeForNearest },
  { ops: ["BatchNormalization"], before: 14, rewrite: batchNormalization },
  { ops: ["RoiAlign"], before: 16, rewrite: roiAlign },
  { ops: ["Split"], before: 18, rewrite: split },
  {
    ops: [
      "ReduceMean",
      "ReduceMax",
      "ReduceMin",
      "ReduceProd",
      "ReduceL1",
      "ReduceL2",
      "ReduceLogSum",
      "ReduceLogSumExp",
      "ReduceSumSquare",
    ],
    before: 18,
    rewrite: intsToInput("axes", 1),
  },
];

/**
 * Rewrites a graph to operator set 18 or newer: attributes that became inputs are moved, operators whose meaning
 * changed are expressed in current ones. Newer graphs are returned unchanged.
 *
 * @throws {ModelFormatError} for operator sets older than 7
 */
export function upgradeOpset(graph: Graph): Graph {
  const opset = graph.opsets.get("") ?? 1;
  if (opset < oldestOpset) {
    throw new ModelFormatError(
      `the model uses operator set ${opset}; ${oldestOpset} or newer is required; export it again with opset_version=17`,
    );
  }
  if (opset >= workingOpset) return graph;

  const constants = new Map(graph.constants);
  const inputs = graph.inputs.map((i) => i.name);
  const taken = new Set([...inputs, ...graph.nodes.flatMap((n) => [n.name, ...n.outputs])]);
  const nodes = graph.nodes.map(upgradeSubgraphs).flatMap((node) => {
    const unique = (hint: string): string => {
      let name = `${node.name}/${hint}`;
      for (let i = 1; taken.has(name) || constants.has(name); i++)
        name = `${node.name}/${hint}_${i}`;
      taken.add(name);
      return name;
    };
    const writer: Rewriter = {
      name: unique,
      constant: (hint, t) => {
        const name = unique(hint);
        constants.set(name, t);
        return name;
      },
    };
    return applicable(node, opset).reduce<readonly Node[]>(
      (list, row) => list.flatMap((n) => (row.ops.includes(n.op) ? row.rewrite(n, writer) : [n])),
      [node],
    );
  });
  return { ...graph, nodes, constants, opsets: new Map(graph.opsets).set("", workingOpset) };
}

/** Rewrites the branches of an If, which use the same operator set as the graph. */
function upgradeSubgraphs(node: Node): Node {
  const entries = Object.entries(node.attributes);
  if (!entries.some(([, a]) => a.type === "graph")) return node;
  const uplifted = entries.map(([name, a]): [string, Attribute] => [
    name,
    a.type === "graph" ? { type: "graph", value: upgradeOpset(a.value) } : a,
  ]);
  return { ...node, attributes: Object.fromEntries(uplifted) };
}

/** The rewrites that apply to a node. */
function applicable(node: Node, opset: number): Row[] {
  if (node.domain !== "" || !node.inputs[0] || !node.outputs[0]) return [];
  return rows.filter((row) => opset < row.before && row.ops.includes(node.op));
}

function padTo(inputs: readonly string[], length: number): string[] {
  return [...inputs, ...new Array<string>(Math.max(0, length - inputs.length)).fill("")];
}
