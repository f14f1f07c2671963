import type { Graph, Node } from "../onnx/ir.js";
import { isFloat } from "../tensor/dtype.js";
import { random } from "../tensor/random.js";
import { shuffle } from "../tensor/shuffle.js";
import { elementCount, fromNumbers, toNumbers, type Tensor } from "../tensor/tensor.js";

/** Operators that hold what a network has learned. */
const learned: ReadonlySet<string> = new Set([
  "BatchNormalization",
  "Conv",
  "ConvTranspose",
  "Gemm",
  "GroupNormalization",
  "InstanceNormalization",
  "LayerNormalization",
  "MatMul",
  "PRelu",
]);

/** A node and the constants that its weights are, or are made of. */
export interface ParameterLayer {
  readonly node: string;
  readonly parameters: readonly string[];
}

/** The layers with weights, the one nearest to the output first. */
export function parameterLayers(graph: Graph): readonly ParameterLayer[] {
  const makers = new Map(graph.nodes.flatMap((n) => n.outputs.map((name) => [name, n] as const)));
  const parametersOf = memoized((name: string): readonly string[] | undefined => {
    const constant = graph.constants.get(name);
    if (constant) return isParameter(constant) ? [name] : [];
    const maker = makers.get(name);
    // What depends on an input of the graph is data.
    if (!maker) return name === "" ? [] : undefined;
    const parts = maker.inputs.map(parametersOf);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  });
  const layerOf = (node: Node): readonly ParameterLayer[] => {
    if (node.domain !== "" || !learned.has(node.op)) return [];
    const parameters = node.inputs.flatMap((name) => parametersOf(name) ?? []);
    return parameters.length > 0 ? [{ node: node.name, parameters }] : [];
  };
  return graph.nodes.toReversed().flatMap(layerOf);
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

function isParameter(t: Tensor): boolean {
  return isFloat(t.dtype) && elementCount(t) > 1;
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
