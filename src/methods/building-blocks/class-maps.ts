import { isRestored } from "../../decomposition/spatial-positions.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";
import { UsageError } from "../../errors.js";
import type { Node, Value } from "../../onnx/ir.js";
import type { Role } from "../../ops/core/role.js";
import { multiplyDims, sizeOf, type Dim } from "../../tensor/shape.js";
import { float32 } from "../../tensor/tensor.js";
import { chooseLayer, type ChosenLayer } from "./class-activation-map.js";
import { headOf, runHead } from "./head.js";

/** The outputs of the layers after a given layer, with its activations kept at one position at a time. */
export interface PlaceScores {
  readonly layer: ChosenLayer;
  /** [N,K,…spatial]: the output with the activations of this position, and 0 elsewhere. */
  readonly scores: Value;
  /** [N,K,1,…]: the output with all activations 0. */
  readonly nothing: Value;
}

/** Roles of operators that are linear where one of their inputs is constant. */
const linearRoles: ReadonlySet<Role | undefined> = new Set<Role>([
  ...(["linear", "product", "convolution", "batch-norm", "multiplication"] as const),
  ...(["identity", "cast", "reshaping", "movement", "folding", "selection"] as const),
]);

/**
 * The outputs with a layer's activations kept at one position at a time: the layers after it run once, on a batch with
 * one sample per position and one of zeros.
 *
 * @param wanted the layer, by its node or value; by default the last spatial one
 * @param needsLinear the name of a method that requires the layers after it to be linear
 * @throws {UsageError} if the output depends on the image other than through this layer, or the layers after it are not
 * linear
 */
export function placeScores(
  full: FullGradient,
  wanted: string | undefined,
  needsLinear?: string,
): PlaceScores {
  const layer = chooseLayer(full.plan, wanted);
  const b = full.b.within(`positions/${layer.node}`);
  const activations = full.b.value(layer.value);
  const { shape } = activations.fact;
  if (!isRestored(shape, layer.restoration)) {
    throw new UsageError(
      `layer "${layer.node}" [${shape.join(",")}] is not laid out as [N,C,…]; choose another one (layer)`,
    );
  }
  const [batch, channels, ...positions] = shape as readonly [Dim, number, ...number[]];
  const count = sizeOf(positions);
  const head = headOf(full, layer);
  if (needsLinear !== undefined) checkLinear(full, head, needsLinear);
  // Row p is 1 at position p; the last row is 0.
  const rows = Float32Array.from({ length: (count + 1) * count }, (_, i) =>
    i % count === Math.floor(i / count) ? 1 : 0,
  );
  const masks = b.constant(float32([1, count + 1, 1, ...positions], rows), "masks");
  const each = b.op("Unsqueeze", [activations, b.ints([1])], {}, "each");
  const samples = multiplyDims(batch, count + 1);
  const masked = b.reshape(b.mul(each, masks), [samples, channels, ...positions], "masked");
  const output = runHead(full, head, layer.value, masked);
  const classes = multiplyDims(...output.fact.shape.slice(1));
  const table = b.reshape(output, [batch, count + 1, classes], "table");
  const columns = b.transpose(table, [0, 2, 1]);
  return {
    layer,
    scores: b.reshape(
      b.slice(columns, [2], [0], [count]),
      [batch, classes, ...positions],
      "scores",
    ),
    nothing: b.reshape(
      b.slice(columns, [2], [count], [count + 1]),
      [batch, classes, ...positions.map(() => 1)],
      "nothing",
    ),
  };
}

/** Selects the target's map of [N,K,…spatial]: [N,1,…spatial]. */
export function ofTarget({ b, target }: FullGradient, maps: Value): Value {
  const [batch, classes, ...positions] = maps.fact.shape as readonly [Dim, Dim, ...Dim[]];
  const weights = b.reshape(target.seed, [batch, classes, ...positions.map(() => 1)]);
  return b.sum(b.mul(maps, weights), [1]);
}

function checkLinear(
  { graph, registry, plan }: FullGradient,
  head: readonly Node[],
  method: string,
): void {
  const isLinear = (node: Node): boolean =>
    linearRoles.has(registry.role(node)) &&
    (registry.role(node) === "linear" ||
      node.inputs.filter((i) => plan.path.dependent.has(i)).length === 1);
  const other = head.find((node) => !isLinear(node));
  if (!other) return;
  const opset = graph.opsets.get(other.domain) ?? 0;
  throw new UsageError(
    `${method} needs a network that ends in a mean and linear layers; the layer is followed by ${other.op} (node "${other.name}", ` +
      `opset ${opset}): recipro-cam takes any`,
  );
}
