import type { Graph } from "../onnx/ir.js";
import { producersOf } from "../onnx/producers.js";
import type { Registry } from "../ops/core/registry.js";
import { isFloat } from "../tensor/dtype.js";
import { random } from "../tensor/random.js";
import { shuffle } from "../tensor/shuffle.js";
import { elementCount, fromNumbers, toNumbers, type Tensor } from "../tensor/tensor.js";

/** Float operands that hold coordinates or sizes rather than learned parameters. */
const steering: ReadonlySet<string> = new Set([
  ...["Resize", "Upsample", "GridSample", "RoiAlign", "OneHot", "Range", "Pad", "Clip"],
  ...["NonMaxSuppression", "QuantizeLinear"],
]);

/** A node and the constants that are its weights, or from which its weights are computed. */
export interface ParameterLayer {
  readonly node: string;
  readonly parameters: readonly string[];
}

/**
 * Lists the layers with weights, the one nearest to the output first. A layer is any node that combines data with
 * float constants, whatever the operator and operand.
 *
 * A file does not mark learned parameters. For constants that are added to, multiplied with or concatenated to data,
 * this excludes those before the first layer (mean and standard deviation of the images), masks (infinite values) and
 * grids (multiples of a half: anchors, coordinates, Swin's masks).
 */
export function parameterLayers(graph: Graph, registry: Registry): readonly ParameterLayer[] {
  const makers = producersOf(graph);
  const parametersOf = memoized((name: string): readonly string[] | undefined => {
    if (graph.constants.has(name) || name === "") return [name];
    const maker = makers.get(name);
    // Values that depend on a graph input are data.
    if (!maker) return undefined;
    const parts = maker.inputs.map(parametersOf);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  });
  const levels = new Set(
    graph.nodes.flatMap((n) => (n.op === "DequantizeLinear" ? n.inputs.slice(0, 1) : [])),
  );
  const isLearned = (name: string, loose: boolean): boolean => {
    const t = graph.constants.get(name);
    if (!t || elementCount(t) < 2) return false;
    return isFloat(t.dtype) ? !loose || !isGiven(t) : levels.has(name);
  };
  const afterLayer = new Set<string>();
  const layers = graph.nodes.flatMap((node): ParameterLayer[] => {
    const operands = node.inputs.map(parametersOf);
    if (operands.every((operand) => operand !== undefined)) return [];
    const { pointwise, role } = registry.get(node.op, node.domain) ?? {};
    const loose = role === "join" || pointwise === true;
    const within = node.inputs.some((name) => afterLayer.has(name));
    const candidates = steering.has(node.op) || (loose && !within) ? [] : operands;
    const parameters = candidates
      .flatMap((operand) => operand ?? [])
      .filter((name) => isLearned(name, loose));
    if (within || parameters.length > 0) for (const name of node.outputs) afterLayer.add(name);
    return parameters.length > 0 ? [{ node: node.name, parameters }] : [];
  });
  return layers.toReversed();
}

/**
 * Randomizes the parameters of some layers: shuffles the elements within each weight tensor, which keeps the
 * distribution of the weights and destroys their structure. A tensor's permutation depends on the seed and the
 * tensor's name, not on the other layers selected.
 */
export function randomizeParameters(
  graph: Graph,
  layers: readonly ParameterLayer[],
  seed: number,
): Graph {
  const constants = new Map(graph.constants);
  for (const name of new Set(layers.flatMap((layer) => layer.parameters))) {
    const t = constants.get(name)!;
    const values = shuffle(Float64Array.from(toNumbers(t)), random(seed ^ hash(name)));
    constants.set(name, fromNumbers(t.dtype, t.dims, values));
  }
  return { ...graph, constants };
}

/** True if a tensor looks like a mask or a grid rather than learned weights. */
function isGiven(t: Tensor): boolean {
  return Array.from(toNumbers(t)).every((v) => Number.isInteger(2 * v) || !Number.isFinite(v));
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

function memoized<T>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    if (!known.has(name)) known.set(name, make(name));
    return known.get(name)!;
  };
}
