import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import type { BiasKind } from "../ops/core/spec.js";
import type { Shape } from "../tensor/shape.js";
import { activePath, type ActivePath } from "./active-path.js";
import { batchNormFolded, type Folded } from "./batch-norm-folding.js";
import { findBiases, type BiasSite } from "./find-biases.js";
import { cutOf, other, restoration, type TracedAxes, type Restoration } from "./traced-axes.js";
import { traceImageAxes } from "./trace-image-axes.js";
import { pointwiseRegions, type PointwiseRegion } from "./regions.js";
import { spatialLayers, type SpatialLayer } from "./spatial-layers.js";

/** The unit of attribution: a layer, or a pointwise region, whose nodes' terms are added first. */
export interface BiasUnit {
  /** Name of the node; for a region, of its last node. */
  readonly node: string;
  /** Its operator; for a region, its operators in order: "Sigmoid+Mul". */
  readonly op: string;
  readonly kind: BiasKind;
  readonly shape: Shape;
  /** Whether its term has more than one spatial position, and so enters the FullGrad map. */
  readonly spatial: boolean;
  /** The axes of the samples and of the image in its term. */
  readonly layout: TracedAxes;
  /** Converts a spatial term to [N,C,…spatial]. */
  readonly restoration?: Restoration;
  /** For a convolution: whether a BatchNormalization was folded into it by the exporter. */
  readonly batchNorm?: Folded;
  /** For a BatchNormalization: the node whose output only it reads. */
  readonly normalizes?: string;
  /** The region, if it has several bias-bearing nodes. */
  readonly region?: PointwiseRegion;
  readonly sites: readonly BiasSite[];
}

/** The analysis of a graph that the decomposition of one of its outputs needs. */
export interface BiasPlan {
  readonly path: ActivePath;
  readonly units: readonly BiasUnit[];
  /** In network order; the last one is the default of class activation maps. */
  readonly layers: readonly SpatialLayer[];
  /** The shape of the image, and its axes in each value. */
  readonly image: Shape;
  readonly layouts: ReadonlyMap<string, TracedAxes>;
}

/**
 * Finds the biases that nodes add to an output, grouped into units.
 *
 * @param input name of the explained input
 * @param output name of the decomposed output
 */
export function planBiases(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
): BiasPlan {
  const path = activePath(graph, registry, [input]);
  const image = graph.facts.get(input)!.shape;
  const [batch, imageRank] = [image[0] ?? 1, image.length - 2];
  const sites = findBiases(graph, registry, path, output);
  const regions = pointwiseRegions(graph, registry, path);

  const grouped = new Map<string, BiasSite[]>();
  for (const site of sites) {
    const key = stepKey(site) ?? regions.get(site.node.name)?.exit.name ?? site.node.name;
    const known = grouped.get(key);
    if (known) known.push(site);
    else grouped.set(key, [site]);
  }
  const operators = operatorsOf(graph, regions);
  const normalized = normalizedConvolutions(graph, registry);
  const layouts = traceImageAxes(graph, registry, path.dependent, input);
  const units = [...grouped].map(([node, members]) => {
    const layout = stepAxes(members, layouts) ?? layouts.get(members[0]!.output)!;
    const restored = restoration(layout, imageRank, batch);
    const ops = operators.get(node) ?? [members[0]!.node.op];
    const normalizes = normalized.get(members[0]!.node.name);
    const region = members.length > 1 ? regions.get(members[0]!.node.name) : undefined;
    return {
      ...unitOf(graph, registry, node, ops.join("+"), members, layout, restored),
      ...(normalizes === undefined ? {} : { normalizes }),
      ...(region ? { region } : {}),
    };
  });
  const layers = spatialLayers(graph, registry, path, layouts, { input, output });
  return { path, units, layers, image, layouts };
}

/** The unit of a step of a recurrent layer: shared by the steps of a node in which the same inputs depend on the image. */
function stepKey({ node: { step }, view }: BiasSite): string | undefined {
  if (!step) return undefined;
  const isEvery = view.active.every((active, i) => active || !view.inputs[i]);
  return isEvery ? step.of : `${step.of} (${view.active.map(Number).join("")})`;
}

/** The axes of the concatenated values of all steps. */
function stepAxes(
  sites: readonly BiasSite[],
  layouts: ReadonlyMap<string, TracedAxes>,
): TracedAxes | undefined {
  const { step } = sites[0]!.node;
  if (!step) return undefined;
  const axes = sites.map(({ output }) => layouts.get(output)!);
  const cuts = axes.map(([first]) => first && cutOf(first));
  const place = cuts[0]?.place;
  const isInOrder = cuts.every(
    (cut, i) => cut?.start === sites[i]!.node.step!.at && cut.place.axis === place?.axis,
  );
  const whole = place && isInOrder && place.size === step.count ? [place] : other(step.count);
  return axes[0]!.with(0, whole);
}

function unitOf(
  graph: TypedGraph,
  registry: Registry,
  node: string,
  op: string,
  sites: readonly BiasSite[],
  layout: TracedAxes,
  restored: Restoration | undefined,
): BiasUnit {
  const [first] = sites;
  const { shape: own } = graph.facts.get(first!.output)!;
  const { step } = first!.node;
  const shape = step ? own.with(0, step.count) : own;
  const folded = batchNormFolded(graph, registry, first!.node);
  return {
    node,
    op,
    kind: sites.every((s) => s.kind === first!.kind) ? first!.kind : "implicit",
    shape,
    spatial: restored !== undefined,
    layout,
    ...(restored ? { restoration: restored } : {}),
    ...(folded ? { batchNorm: folded } : {}),
    sites,
  };
}

/** The operators of each region in order, by the name of its last node. */
function operatorsOf(
  graph: TypedGraph,
  regions: ReadonlyMap<string, PointwiseRegion>,
): ReadonlyMap<string, readonly string[]> {
  const operators = new Map<string, string[]>();
  for (const { name, op } of graph.nodes) {
    const region = regions.get(name)?.exit.name;
    if (region === undefined) continue;
    const known = operators.get(region);
    if (known) known.push(op);
    else operators.set(region, [op]);
  }
  return operators;
}

/** For each BatchNormalization, by name, the convolution whose output only it reads. */
function normalizedConvolutions(
  graph: TypedGraph,
  registry: Registry,
): ReadonlyMap<string, string> {
  const writers = new Map<string, Node>();
  const readers = new Map<string, number>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) readers.set(name, (readers.get(name) ?? 0) + 1);
    const [first] = node.outputs;
    if (first !== undefined) writers.set(first, node);
  }
  const found = new Map<string, string>();
  for (const node of graph.nodes) {
    const x = node.inputs[0] ?? "";
    const source = registry.role(node) === "batch-norm" ? writers.get(x) : undefined;
    if (!source || registry.role(source) !== "convolution" || readers.get(x) !== 1) continue;
    found.set(node.name, source.name);
  }
  return found;
}
