import type { Graph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isFloat } from "../tensor/dtype.js";
import { random } from "../tensor/random.js";
import { shuffle } from "../tensor/shuffle.js";
import { elementCount, fromNumbers, toNumbers, type Tensor } from "../tensor/tensor.js";

/** Float operands that say where to look or how large to make something: nothing that is learned. */
const steering: ReadonlySet<string> = new Set([
  ...["Resize", "Upsample", "GridSample", "RoiAlign", "OneHot", "Range", "Pad", "Clip"],
  ...["NonMaxSuppression", "QuantizeLinear"],
]);

/** A node and the constants that its weights are, or are made of. */
export interface ParameterLayer {
  readonly node: string;
  readonly parameters: readonly string[];
}

/**
 * The layers with weights, the one nearest to the output first: every node that meets data with floats that no data
 * made, whatever the operator and whichever operand. A file does not say what was learned. Of what is added to,
 * multiplied with or put beside data this leaves out what comes before the first layer (mean and deviation of the
 * images), masks (infinities) and grids (multiples of a half: anchors, coordinates, Swin's masks).
 */
export function parameterLayers(graph: Graph, registry: Registry): readonly ParameterLayer[] {
  const makers = new Map(graph.nodes.flatMap((n) => n.outputs.map((name) => [name, n] as const)));
  const parametersOf = memoized((name: string): readonly string[] | undefined => {
    if (graph.constants.has(name) || name === "") return [name];
    const maker = makers.get(name);
    // What depends on an input of the graph is data.
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
 * The network with the weights of some layers shuffled, each tensor within itself: it keeps its distribution and loses
 * its meaning. The same seed shuffles a tensor alike, whatever else is shuffled.
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

/** Whether the numbers of a tensor are given rather than learned: a mask or a grid. */
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
