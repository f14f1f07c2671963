/**
 * Infers the meaning of each axis of an input by following the axes through the first layers: a convolution defines the
 * meaning of its own axes, and the Transpose or Reshape nodes before it relate them to the axes of the input.
 *
 * @module
 */
import type { Node, TypedGraph } from "../onnx/ir.js";
import type { AxisMapping } from "../ops/core/axis-mapping.js";
import type { Registry } from "../ops/core/registry.js";
import type { Shape } from "../tensor/shape.js";
import { axesOf, type ImageAxes } from "./image-axes.js";
import { extentOf, type TracedAxes } from "./traced-axes.js";
import { traceNode } from "./trace-image-axes.js";

/** The meaning of an axis. */
type AxisRole = "batch" | "channels" | "spatial";

/** The meaning that a node gives to the axes of its first input. */
interface Meaning {
  readonly rank: Rank;
  /** Undefined for a matrix product, which only determines the axis it sums over, the last one. */
  readonly roles: readonly AxisRole[] | undefined;
}

/** The evidence of one node about the input's axes. */
interface Vote {
  /** The role of each axis, if the node determines it. */
  readonly roles: readonly (AxisRole | undefined)[];
  /** Axes that are spatial for the node itself; other spatial axes are folded into its batch. */
  readonly own: readonly number[];
  readonly node: Node;
  /** The last node before it that moved axes. */
  readonly via: Node | undefined;
}

/** The number of axis letters. */
const mostAxes = 9;

/** The weight of a vote, strongest first: convolutions, pooling and recurrent layers; matrix products; normalizations. */
type Rank = 0 | 1 | 2;

/**
 * Infers the axes of an input of a graph.
 *
 * @param graph with facts; extents may be open
 * @returns the axes, or the reason why the layers do not determine them
 */
export function findImageAxes(
  graph: TypedGraph,
  registry: Registry,
  input: string,
): ImageAxes | string {
  const { shape } = graph.facts.get(input)!;
  if (shape.length > mostAxes) return bySize(shape);
  const votes = votesOf(graph, registry, input, shape);
  for (const list of Object.values(votes)) {
    const [first] = list;
    if (!first) continue;
    const other = list.find((v) =>
      v.roles.some((r, i) => r && first.roles[i] && r !== first.roles[i]),
    );
    if (other) return `${first.node.name} and ${other.node.name} read its axes differently`;
    const roles = shape.map((_, i) => list.find((v) => v.roles[i])?.roles[i]);
    const filled = fillIn(roles, shape);
    return filled ? named(filled, first, shape) : "more than one axis could be its channels";
  }
  return bySize(shape);
}

/** Mappings that change the axes or their order. */
const moves: ReadonlySet<AxisMapping["kind"]> = new Set([
  ...(["permuted", "reshaped", "squeezed", "unsqueezed", "labelled"] as const),
  ...(["joined", "parted", "sliced", "replaced"] as const),
]);

function votesOf(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  shape: Shape,
): Record<Rank, Vote[]> {
  const votes: Record<Rank, Vote[]> = { 0: [], 1: [], 2: [] };
  const start: TracedAxes = shape.map((size, axis) => [{ role: "place", axis, size, stride: 1 }]);
  const layouts = new Map([[input, start]]);
  const via = new Map<string, Node | undefined>();
  for (const node of graph.nodes) {
    const from = node.inputs.find((name) => layouts.has(name));
    if (from === undefined) continue;
    const axes = layouts.get(from)!;
    const mapping = registry.of(node).axes(registry.view(graph, node, () => false));
    const meaning = meaningOf(registry, node, mapping, axes.length, layouts);
    if (meaning && from === node.inputs[0]) {
      const vote = voteOf(node, meaning, axes, shape, via.get(from));
      if (vote) votes[meaning.rank].push(vote);
    }
    if (meaning && meaning.rank !== 2) continue;
    const moved = moves.has(mapping.kind) ? node : via.get(from);
    for (const output of node.outputs) {
      const fact = graph.facts.get(output);
      if (!fact) continue;
      const layout = follow(graph, registry, node, mapping, fact.shape, layouts, output);
      if (!layout) continue;
      layouts.set(output, layout);
      via.set(output, moved);
    }
  }
  return votes;
}

/** [N,C,…spatial] */
function imageRoles(rank: number): readonly AxisRole[] {
  return ["batch", "channels", ...new Array<AxisRole>(Math.max(0, rank - 2)).fill("spatial")];
}

/** Undefined for a node that gives its axes no meaning. */
function meaningOf(
  registry: Registry,
  node: Node,
  mapping: AxisMapping,
  rank: number,
  known: ReadonlyMap<string, TracedAxes>,
): Meaning | undefined {
  const role = registry.role(node);
  if (mapping.kind === "sequence") {
    const roles: readonly AxisRole[] = ["spatial", "batch", "channels"];
    return { rank: 0, roles: mapping.batch === 1 ? roles : ["batch", "spatial", "channels"] };
  }
  if (mapping.image) {
    const isNormalization = role === "normalization" || role === "batch-norm";
    return { rank: isNormalization ? 2 : 0, roles: imageRoles(rank) };
  }
  if (role !== "product" || mapping.kind !== "labelled") return undefined;
  const [term = "", ...others] = mapping.terms;
  const summed = Array.from(term).filter((letter) => !mapping.result.includes(letter));
  const isPlain = others.length > 0 && summed.length === 1 && term.endsWith(summed[0]!);
  if (!isPlain || node.inputs.slice(1).some((name) => known.has(name))) return undefined;
  return { rank: 1, roles: undefined };
}

/** The axes of a node's output, in terms of the input's. */
function follow(
  graph: TypedGraph,
  registry: Registry,
  node: Node,
  mapping: AxisMapping,
  shape: Shape,
  layouts: ReadonlyMap<string, TracedAxes>,
  output: string,
): TracedAxes | undefined {
  if (mapping.kind === "resampled") {
    const x = layouts.get(node.inputs[0]!);
    return x?.map((axis, i) => (axis.length === 1 ? [{ ...axis[0]!, size: shape[i]! }] : axis));
  }
  const layout = traceNode(graph, registry, node, shape, layouts, output);
  const fits = layout?.length === shape.length && layout.every((a, i) => extentOf(a) === shape[i]);
  return fits ? layout : undefined;
}

function voteOf(
  node: Node,
  { roles: meaning }: Meaning,
  layout: TracedAxes,
  shape: Shape,
  via: Node | undefined,
): Vote | undefined {
  /** For each axis of the image, the axes of the node's input that contain it. */
  const at = shape.map((_, axis) =>
    layout.flatMap((atoms, k) =>
      atoms.some((a) => a.role === "place" && a.axis === axis) ? [k] : [],
    ),
  );
  const found = meaning ? rolesIn(at, meaning) : contracted(at, layout.length - 1, shape);
  const roles = found && outermostIsBatch(found, at, shape);
  const own = at.flatMap((positions, axis) =>
    positions.some((k) => meaning?.[k] === "spatial") ? [axis] : [],
  );
  return roles && { roles, own, node, via };
}

/** An axis contained in several is spatial if one of them is: blocks of an image may be samples or channels. */
function rolesIn(
  at: readonly (readonly number[])[],
  meaning: readonly AxisRole[],
): (AxisRole | undefined)[] {
  const roles = at.map((found) =>
    (["spatial", "channels", "batch"] as const).find((role) =>
      found.some((k) => meaning[k] === role),
    ),
  );
  // [N,T,C,H,W] as [N·T,C,H,W]: the outermost is the batch, the others are axes that the layer is repeated over.
  const batch = roles.indexOf("batch");
  return roles.map((role, i) => (role === "batch" && i !== batch ? "spatial" : role));
}

/**
 * [1,T,C,H,W] as [T,C,H,W]: the layer's batch does not contain an outermost axis of extent 1. That axis is the batch
 * nevertheless, and the layer is repeated over the next one.
 */
function outermostIsBatch(
  roles: readonly (AxisRole | undefined)[],
  at: readonly (readonly number[])[],
  shape: Shape,
): readonly (AxisRole | undefined)[] {
  const batch = roles.indexOf("batch");
  if (batch < 1 || shape[0] !== 1 || at[0]!.length > 0) return roles;
  return roles.map((role, i) => (i === 0 ? "batch" : i === batch ? "spatial" : role));
}

/**
 * A product contracts the last axis. An image axis contained in that axis alone is the channels; one that is cut, as for
 * patches, is spatial. If the last axis contains all of them (Flatten), it determines nothing.
 */
function contracted(
  at: readonly (readonly number[])[],
  last: number,
  shape: Shape,
): (AxisRole | undefined)[] | undefined {
  const whole = at.flatMap((found, axis) =>
    found.length > 0 && found.every((k) => k === last) ? [axis] : [],
  );
  const cut = at.some((found) => found.length > 1 && found.includes(last));
  const small = whole.filter((axis) => isColors(shape[axis]));
  const channels = whole.length === 1 ? whole[0] : small.length === 1 && cut ? small[0] : undefined;
  if (whole.length > 0 && channels === undefined) return undefined;
  if (whole.length === 0 && !cut) return undefined;
  const batch = at.findIndex(
    (found, axis) => found[0] === 0 && found.length === 1 && axis !== channels,
  );
  return at.map((found, axis) => {
    if (axis === channels) return "channels";
    if (axis === batch) return "batch";
    return found.length > 0 ? "spatial" : undefined;
  });
}

const isColors = (size: number | string | undefined): boolean =>
  size === 1 || size === 3 || size === 4;

/** Roles of the axes that no layer determines: a first one is the batch, and a single remaining one the channels. */
function fillIn(
  given: readonly (AxisRole | undefined)[],
  shape: Shape,
): readonly AxisRole[] | undefined {
  const roles = [...given];
  if (!roles.includes("batch") && roles[0] === undefined) roles[0] = "batch";
  const channels = roles.flatMap((role, i) => (role === "channels" ? [i] : []));
  const candidates =
    channels.length > 0 ? channels : roles.flatMap((role, i) => (role === undefined ? [i] : []));
  const small = candidates.filter((i) => isColors(shape[i]));
  const chosen = candidates.length === 1 ? candidates : small;
  if (candidates.length > 0 && chosen.length !== 1) return undefined;
  return roles.map((role, i) => {
    if (i === chosen[0]) return "channels";
    return role === undefined || role === "channels" ? "spatial" : role;
  });
}

function named(roles: readonly AxisRole[], { node, via, own }: Vote, shape: Shape): ImageAxes {
  const spatial = roles.flatMap((role, i) => (role === "spatial" ? [i] : []));
  const repeated = own.length > 0 ? spatial.filter((axis) => !own.includes(axis)) : [];
  const plain = spatial.filter((axis) => !repeated.includes(axis));
  const [first, second] = plain;
  // A picture without channels is rare and usually square; a spectrogram is neither.
  const isSpectrogram =
    plain.length === 2 &&
    repeated.length === 0 &&
    !roles.includes("channels") &&
    shape[first!] !== shape[second!];
  const letters = isSpectrogram ? "FT" : (["", "L", "HW", "DHW"][plain.length] ?? "");
  const layout = new Array<string>(roles.length).fill("");
  roles.forEach((role, i) => {
    if (role !== "spatial") layout[i] = role === "batch" ? "N" : "C";
  });
  plain.forEach((axis, k) => (layout[axis] = letters[k] ?? ""));
  const free = Array.from("TDPLFHW").filter((letter) => !letters.includes(letter));
  const text = layout.map((letter) => letter || (free.shift() ?? "")).join("");
  const how = via ? `by the ${via.op} before ${node.name}` : `by the ${node.op} ${node.name}`;
  return axesOf(text, how);
}

/** The axes by shape alone: a vector, or one of the usual orders if the number of channels identifies it. */
function bySize(shape: Shape): ImageAxes | string {
  const rank = shape.length;
  if (rank < 3) return axesOf(["", "C", "NC"][rank]!, "by its shape");
  if (rank > mostAxes) return `it has ${rank} axes, more than the ${mostAxes} that have names`;
  const letters = ["L", "HW", "DHW"][rank - 3];
  const isFew = (size: number | string | undefined): boolean => size === 1 || size === 3;
  const [first, last] = [isFew(shape[1]), isFew(shape.at(-1))];
  const by = (channels: number | string): string =>
    `by its size: ${channels} channel${channels === 1 ? "" : "s"}`;
  // Torchvision's detectors take a list of images [C,H,W].
  const isPicture = rank === 3 && isFew(shape[0]) && !first && !last;
  if (isPicture) return axesOf("CHW", by(shape[0]!));
  if (letters === undefined || first === last) return "no layer determines the meaning of its axes";
  return first ? axesOf(`NC${letters}`, by(shape[1]!)) : axesOf(`N${letters}C`, by(shape.at(-1)!));
}
