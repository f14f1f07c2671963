import { restoration } from "../../analysis/traced-axes.js";
import { lastOfEachSize, type SpatialLayer } from "../../analysis/spatial-layers.js";
import type { BiasPlan } from "../../analysis/bias-plan.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";
import { graphMethod, type GraphMethod } from "../core/method.js";
import { toImageOrder } from "../../decomposition/spatial-positions.js";
import { resizeMap } from "../../decomposition/psi.js";
import { name } from "../core/settings.js";
import { UsageError } from "../../errors.js";
import { didYouMean } from "../../files/nearest-names.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { multiplyDims, staticShape, type Dim } from "../../tensor/shape.js";

export const camSettings = {
  layer: name("the layer to look at, by its node or its value (default: the last one with places)"),
};

/** What a class activation map is made of: a layer's activations and the gradient there, both [N,C,…places]. */
export interface CamLayer {
  readonly activations: Value;
  readonly gradient: Value;
}

/**
 * A class activation map: `emit` makes the weighted sum of a layer's channels, [N,1,…places of the layer]. What is above 0
 * of it is resized to the image; its largest number tells why a map is empty.
 */
export function classActivationMap(method: {
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly ignoresTarget?: boolean;
  readonly emit: (b: GraphBuilder, layer: CamLayer) => Value;
}): GraphMethod<typeof camSettings> {
  const { emit, ...facts } = method;
  return graphMethod({
    ...facts,
    signed: false,
    attributes: "map",
    settings: camSettings,
    emit: (full, { layer: wanted }) => {
      const layer = chooseLayer(full.plan, wanted);
      const b = full.b.within(method.name);
      const sum = emit(b, camLayer(full, layer));
      const map = resizeToImage(b, positivePart(b, sum), full.input);
      const evidence = { largestSum: largestOf(b, sum) };
      return { map, info: { layer: layer.node }, evidence };
    },
  });
}

/** A layer that was chosen. */
export type ChosenLayer = Pick<SpatialLayer, "value" | "node" | "restoration">;

/**
 * The layer of this name, or the last spatial one.
 *
 * @throws {UsageError} where there is none, or it has no places; names those that there are
 */
export function chooseLayer(plan: BiasPlan, wanted: string | undefined): ChosenLayer {
  const { layers, layouts, image } = plan;
  const listed = lastOfEachSize(layers).map((l) => `${l.node} [${l.shape.join(",")}]`);
  const choices = listed.join(", ") || "none";
  if (wanted === undefined) {
    const last = layers.at(-1);
    if (last) return last;
    throw new UsageError(
      "no layer with places stands alone between the image and the last linear layer; choose any value with layer=NAME",
    );
  }
  const known = layers.find((l) => l.node === wanted || l.value === wanted);
  if (known) return known;
  const layout = layouts.get(wanted);
  const restored = layout && restoration(layout, image.length - 2, image[0] ?? 1);
  if (restored) return { value: wanted, node: wanted, restoration: restored };
  const why = layout ? "has no places of the image" : "does not exist";
  const near = didYouMean(
    wanted,
    layers.map((l) => l.node),
  );
  throw new UsageError(`layer "${wanted}" ${why}${near}; there are ${choices}`);
}

/** Activations and gradient of a layer, [N,C,…places]. */
export function camLayer({ b, gradients }: FullGradient, layer: ChosenLayer): CamLayer {
  const at = b.within(`cam/${layer.node}`);
  const gradient = gradients.of(layer.value);
  if (!gradient) {
    throw new UsageError(`the target does not depend on layer "${layer.node}"; choose another one`);
  }
  return {
    activations: toImageOrder(at, b.value(layer.value), layer.restoration),
    gradient: toImageOrder(at, gradient, layer.restoration),
  };
}

/** The axes of the places in [N,C,…places]. */
export const placesOf = (v: Value): number[] => v.fact.shape.flatMap((_, i) => (i > 1 ? [i] : []));

/** Σ_c w_c·A_c of weights [N,C,1,…] and activations [N,C,…places]: [N,1,…places]. */
export function weightedChannels(b: GraphBuilder, weights: Value, activations: Value): Value {
  const [batch, channels, ...places] = activations.fact.shape as [Dim, Dim, ...Dim[]];
  const row = b.reshape(weights, [batch, 1, channels]);
  const columns = b.reshape(activations, [batch, channels, multiplyDims(...places)]);
  return b.reshape(b.matmul(row, columns), [batch, 1, ...places]);
}

/** max(sum, 0) */
export const positivePart = (b: GraphBuilder, sum: Value): Value => b.op("Relu", [sum], {}, "map");

/** Of each sample: [N]. */
export function largestOf(b: GraphBuilder, sum: Value): Value {
  const axes = sum.fact.shape.flatMap((_, axis) => (axis > 0 ? [axis] : []));
  return b.max(sum, axes, false);
}

/** Linear resizing, pixel centres kept. */
export function resizeToImage(b: GraphBuilder, map: Value, input: Value): Value {
  return resizeMap(b, map, staticShape(input.fact.shape.slice(2), "an image"), "paper2019");
}
