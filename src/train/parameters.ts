import { activePath } from "../analysis/active-path.js";
import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isFloat } from "../tensor/dtype.js";
import { elementCount, type Tensor } from "../tensor/tensor.js";

/**
 * The role of a parameter, which determines its initialization: weight or bias of a layer, scale or shift of a
 * normalization, slope of a PRelu; "other" for any other addend or factor.
 */
export type ParameterRole = "weight" | "bias" | "scale" | "shift" | "slope" | "other";

/** A constant of a model that training changes. */
export interface Parameter {
  readonly name: string;
  readonly role: ParameterRole;
  /** For the weight or bias of a layer: number of inputs that contribute to one output. */
  readonly fanIn?: number;
  /** The value stored in the file. */
  readonly value: Tensor;
}

/**
 * Finds the constants that a training framework would treat as parameters: weights and biases of layers, scales and
 * shifts of normalizations, slopes, and other constants of more than one element that are added or multiplied after
 * the first layer. Files do not mark parameters, so an added position table (Swin's masks) is included.
 *
 * @param graph with facts (passes/prepare)
 * @param input the images; their preprocessing before the first layer (mean and standard deviation) is not trained
 */
export function findParameters(graph: TypedGraph, registry: Registry, input: string): Parameter[] {
  const { dependent } = activePath(graph, registry, [input]);
  const producers = new Map(graph.nodes.flatMap((n) => n.outputs.map((o) => [o, n] as const)));
  const layered = afterLayers(graph, dependent);
  const found = new Map<string, Parameter>();
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => dependent.has(name))) continue;
    for (const [index, operand] of operandsOf(node, graph, producers).entries()) {
      const name = node.inputs[index];
      if (!operand || !name || dependent.has(name)) continue;
      if (operand.role === "other" && !node.inputs.some((n) => layered.has(n))) continue;
      for (const source of sourcesOf(name, graph, producers)) {
        if (found.has(source)) continue;
        const value = graph.constants.get(source)!;
        const whole = sizeIn(graph, name) === elementCount(value);
        if (!isFloat(value.dtype)) continue;
        if ((operand.role === "other" || !whole) && elementCount(value) === 1) continue;
        found.set(source, { name: source, value, ...(whole ? operand : { role: "other" }) });
      }
    }
  }
  return [...found.values()];
}

type Operand = Pick<Parameter, "role" | "fanIn">;
type Producers = ReadonlyMap<string, Node>;

const layers: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** The role of each operand of a node; undefined for activations. */
function operandsOf(node: Node, graph: TypedGraph, producers: Producers): (Operand | undefined)[] {
  const fanIn = fanInOf(node, graph);
  switch (node.domain === "" ? node.op : "") {
    case "Conv":
    case "ConvTranspose":
    case "Gemm":
      return [
        { role: "weight", fanIn },
        { role: "weight", fanIn },
        { role: "bias", fanIn },
      ];
    case "MatMul":
      return [
        { role: "weight", fanIn },
        { role: "weight", fanIn },
      ];
    case "BatchNormalization":
    case "InstanceNormalization":
    case "GroupNormalization":
    case "LayerNormalization":
    case "RMSNormalization":
      return [undefined, { role: "scale" }, { role: "shift" }];
    case "PRelu":
      return [undefined, { role: "slope" }];
    case "Add": {
      const product = node.inputs
        .map((name) => producers.get(name))
        .find((n) => n?.op === "MatMul");
      const operand: Operand = product
        ? { role: "bias", fanIn: fanInOf(product, graph) }
        : { role: "other" };
      return [operand, operand];
    }
    case "Mul":
      return [{ role: "other" }, { role: "other" }];
    default:
      return [];
  }
}

/** Fan-in of a layer, counted as in PyTorch. */
function fanInOf(node: Node, graph: TypedGraph): number {
  const dims = (i: number): number[] =>
    (graph.facts.get(node.inputs[i] ?? "")?.shape ?? []).map((d) =>
      typeof d === "number" ? d : 1,
    );
  const isConstant = (i: number): boolean => graph.constants.has(node.inputs[i] ?? "");
  if (node.op === "Conv" || node.op === "ConvTranspose") {
    return dims(1)
      .slice(1)
      .reduce((p, q) => p * q, 1);
  }
  if (!layers.has(node.op)) return 1;
  const flag = (name: string): boolean => node.attributes[name]?.value === 1;
  // A constant left factor is contracted along its rows, a constant right factor along its columns.
  return isConstant(0)
    ? (dims(0).at(flag("transA") ? -2 : -1) ?? 1)
    : (dims(1).at(flag("transB") ? -1 : -2) ?? 1);
}

/** Values downstream of a layer. */
function afterLayers(graph: TypedGraph, dependent: ReadonlySet<string>): ReadonlySet<string> {
  const after = new Set<string>();
  for (const node of graph.nodes) {
    const reads = node.inputs.filter((name) => dependent.has(name));
    if (reads.length === 0) continue;
    if (!layers.has(node.op) && !reads.some((name) => after.has(name))) continue;
    for (const output of node.outputs) after.add(output);
  }
  return after;
}

/** The constants that a value is computed from: itself, or the original weight of a standardized weight. */
function sourcesOf(name: string, graph: TypedGraph, producers: Producers): string[] {
  const reached = new Set<string>();
  const visit = (value: string): void => {
    if (value === "" || reached.has(value)) return;
    reached.add(value);
    producers.get(value)?.inputs.forEach(visit);
  };
  visit(name);
  return [...reached].filter((value) => graph.constants.has(value));
}

function sizeIn(graph: TypedGraph, name: string): number {
  const shape = graph.facts.get(name)?.shape ?? [];
  return shape.reduce<number>((p, d) => p * (typeof d === "number" ? d : NaN), 1);
}
