import { activePath } from "../analysis/active-path.js";
import type { Node, TypedGraph } from "../onnx/ir.js";
import { producersOf } from "../onnx/producers.js";
import type { Registry } from "../ops/core/registry.js";
import type { ParameterRole } from "../ops/core/role.js";
import { isFloat } from "../tensor/dtype.js";
import { elementCount, type Tensor } from "../tensor/tensor.js";

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
  const producers = producersOf(graph);
  const layered = afterLayers(graph, registry, dependent);
  const found = new Map<string, Parameter>();
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => dependent.has(name))) continue;
    for (const [index, operand] of operandsOf(node, graph, registry, producers).entries()) {
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

type ParameterUse = Pick<Parameter, "role" | "fanIn">;
type Producers = ReadonlyMap<string, Node>;

/** The parameter role of each constant operand of a node. */
function operandsOf(
  node: Node,
  graph: TypedGraph,
  registry: Registry,
  producers: Producers,
): (ParameterUse | undefined)[] {
  const { parameters = [] } = registry.of(node);
  // A product's bias may be a node of its own.
  const product =
    registry.role(node) === "linear"
      ? node.inputs
          .map((name) => producers.get(name))
          .find((n) => n && registry.role(n) === "product" && n.inputs.length === 2)
      : undefined;
  if (product && parameters.length > 0) {
    return parameters.map(() => ({ role: "bias", fanIn: fanInOf(product, graph, registry) }));
  }
  return parameters.map((role) => {
    if (role !== "weight" && role !== "bias") return role && { role };
    return { role, fanIn: fanInOf(node, graph, registry) };
  });
}

/** Fan-in of a layer, counted as in PyTorch. */
function fanInOf(node: Node, graph: TypedGraph, registry: Registry): number {
  const dims = (i: number): number[] =>
    (graph.facts.get(node.inputs[i] ?? "")?.shape ?? []).map((d) =>
      typeof d === "number" ? d : 1,
    );
  if (registry.role(node) === "convolution") {
    return dims(1)
      .slice(1)
      .reduce((p, q) => p * q, 1);
  }
  const axes = registry.of(node).axes(registry.view(graph, node, () => false));
  if (axes.kind !== "labelled") return 1;
  // A constant left factor is contracted along its rows, a constant right factor along its columns.
  const i = graph.constants.has(node.inputs[0] ?? "") ? 0 : 1;
  return dims(i)
    .filter((_, axis) => !axes.result.includes(axes.terms[i]![axis]!))
    .reduce((p, q) => p * q, 1);
}

/** Values downstream of a layer. */
function afterLayers(
  graph: TypedGraph,
  registry: Registry,
  dependent: ReadonlySet<string>,
): ReadonlySet<string> {
  const isLayer = (node: Node): boolean => {
    const role = registry.role(node);
    return role === "convolution" || role === "product";
  };
  const after = new Set<string>();
  for (const node of graph.nodes) {
    const reads = node.inputs.filter((name) => dependent.has(name));
    if (reads.length === 0) continue;
    if (!isLayer(node) && !reads.some((name) => after.has(name))) continue;
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
