import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/registry.js";
import type { BiasKind } from "../ops/spec.js";
import type { Shape } from "../tensor/shape.js";
import { activePath, type ActivePath } from "./active-path.js";
import { batchNormFolded, type Folded } from "./batch-norm-folding.js";
import { findBiases, type BiasSite } from "./find-biases.js";
import { pointwiseRegions } from "./regions.js";

/** The unit of attribution: a layer, or a pointwise region whose nodes' terms are added before anything else. */
export interface BiasUnit {
  /** Name of the node; of a region, its last node. */
  readonly node: string;
  /** Its operator; of a region, its operators in order: "Sigmoid+Mul". */
  readonly op: string;
  readonly kind: BiasKind;
  readonly shape: Shape;
  /** Its term has a spatial map [N,C,H,W] of more than one pixel, so that it enters the FullGrad map. */
  readonly spatial: boolean;
  /** For a convolution: whether a BatchNormalization was folded into it by the exporter. */
  readonly batchNorm?: Folded;
  /** For a BatchNormalization: the node of the unit that it normalizes and that nothing else reads. */
  readonly normalizes?: string;
  readonly sites: readonly BiasSite[];
}

/** Everything that has to be known of a graph to decompose one of its outputs. */
export interface BiasPlan {
  readonly path: ActivePath;
  readonly units: readonly BiasUnit[];
}

/**
 * Finds what every node adds to an output, grouped into units.
 *
 * @param input name of the input that is explained
 * @param output name of the output that is decomposed
 */
export function planBiases(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
): BiasPlan {
  const path = activePath(graph, registry, [input]);
  const sites = findBiases(graph, registry, path, output);
  const regions = pointwiseRegions(graph, registry, path);

  const grouped = new Map<string, BiasSite[]>();
  for (const site of sites) {
    const key = regions.get(site.node.name)?.name ?? site.node.name;
    grouped.set(key, [...(grouped.get(key) ?? []), site]);
  }
  const units = [...grouped].map(([node, members]) => unitOf(graph, regions, node, members));
  return { path, units };
}

function unitOf(
  graph: TypedGraph,
  regions: ReadonlyMap<string, { name: string }>,
  node: string,
  sites: readonly BiasSite[],
): BiasUnit {
  const [first] = sites;
  const inRegion = graph.nodes.filter((n) => regions.get(n.name)?.name === node);
  const ops = inRegion.length > 1 ? inRegion.map((n) => n.op) : [first!.node.op];
  const { shape } = graph.facts.get(first!.output)!;
  const folded = batchNormFolded(graph, first!.node);
  const normalized = normalizedConvolution(graph, first!.node);
  return {
    node,
    op: ops.join("+"),
    kind: sites.every((s) => s.kind === first!.kind) ? first!.kind : "implicit",
    shape,
    spatial: isSpatial(shape),
    ...(folded ? { batchNorm: folded } : {}),
    ...(normalized ? { normalizes: normalized } : {}),
    sites,
  };
}

/** The convolution whose result a BatchNormalization alone reads. */
function normalizedConvolution(graph: TypedGraph, node: Node): string | undefined {
  if (node.op !== "BatchNormalization") return undefined;
  const [x] = node.inputs;
  const source = graph.nodes.find((n) => n.outputs[0] === x);
  const readers = graph.nodes.filter((n) => n.inputs.includes(x!));
  return source?.op.startsWith("Conv") && readers.length === 1 ? source.name : undefined;
}

/** [N,C,H,W] with more than one pixel. */
function isSpatial(shape: Shape): boolean {
  return shape.length === 4 && !(shape[2] === 1 && shape[3] === 1);
}
