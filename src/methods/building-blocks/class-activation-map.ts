import { restoration } from "../../analysis/traced-axes.js";
import { lastOfEachSize, type SpatialLayer } from "../../analysis/spatial-layers.js";
import type { BiasPlan } from "../../analysis/bias-plan.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";
import { graphMethod, type GraphMethod } from "../core/method.js";
import { spatialAxes, toImageOrder } from "../../decomposition/spatial-positions.js";
import { resizeMap } from "../../decomposition/psi.js";
import { name, nameList } from "../core/settings.js";
import { UsageError } from "../../errors.js";
import { didYouMean } from "../../files/nearest-names.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { multiplyDims, staticShape, type Dim } from "../../tensor/shape.js";

const ofLayer = "the layer to explain, by its node or value (default: the last spatial one)";

/** The settings of a method that explains one layer. */
export const layerSettings = { layer: name(ofLayer) };

/** The settings of a method that explains one or several layers. */
export const camSettings = {
  layer: nameList(`${ofLayer}; for several, the mean of their maps, each scaled to [0,1]`),
};

/** The value of {@link camSettings}. */
export type WantedLayers = string | readonly string[] | undefined;

/** A layer's activations and gradient, both [N,C,…spatial]. */
export interface CamLayer {
  readonly activations: Value;
  readonly gradient: Value;
}

/**
 * Defines a class activation map. `emit` returns the weighted sum of a layer's channels, [N,1,…spatial]; its positive
 * part is resized to the image. The largest element of the sum explains an empty map.
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
      const { map, layer, largestSum } = layersMap(full, method.name, wanted, emit);
      return { map, info: { layer }, evidence: { largestSum } };
    },
  });
}

export interface LayersMap {
  /** [N,1,…spatial] */
  readonly map: Value;
  /** The layers, as in "conv4, conv5". */
  readonly layer: string;
  /** The largest of the weighted sums, for each sample: [N]. */
  readonly largestSum: Value;
}

/**
 * The positive part of the weighted sum of a layer's channels, resized to the image. For several layers, the mean of
 * their maps, each scaled to [0,1] first, as in pytorch-grad-cam (which scales the mean once more).
 */
export function layersMap(
  full: FullGradient,
  scope: string,
  wanted: WantedLayers,
  emit: (b: GraphBuilder, layer: CamLayer) => Value,
): LayersMap {
  const layers = chooseLayers(full.plan, wanted);
  const b = full.b.within(scope);
  const sums = layers.map((layer) => emit(b, camLayer(full, layer)));
  const maps = sums.map((sum) => {
    const positive = positivePart(b, sum);
    return resizeToImage(b, layers.length > 1 ? toUnit(b, positive) : positive, full.input);
  });
  const total = maps.reduce((p, q) => b.add(p, q));
  return {
    map: maps.length > 1 ? b.mulScalar(total, 1 / maps.length, "mean") : total,
    layer: layers.map(({ node }) => node).join(", "),
    largestSum: sums.map((sum) => largestOf(b, sum)).reduce((p, q) => b.op("Max", [p, q])),
  };
}

export type ChosenLayer = Pick<SpatialLayer, "value" | "node" | "restoration">;

/**
 * The layer of this name, or the last spatial one.
 *
 * @throws {UsageError} if it does not exist or has no spatial axes; lists the layers
 */
export function chooseLayer(plan: BiasPlan, wanted: string | undefined): ChosenLayer {
  const { layers, layouts, image } = plan;
  const listed = lastOfEachSize(layers).map((l) => `${l.node} [${l.shape.join(",")}]`);
  const choices = listed.join(", ") || "none";
  if (wanted === undefined) {
    const last = layers.at(-1);
    if (last) return last;
    throw new UsageError(
      "no single spatial layer separates the image from the last linear layer; choose any value with layer=NAME",
    );
  }
  const known = layers.find((l) => l.node === wanted || l.value === wanted);
  if (known) return known;
  const layout = layouts.get(wanted);
  const restored = layout && restoration(layout, image.length - 2, image[0] ?? 1);
  if (restored) return { value: wanted, node: wanted, restoration: restored };
  const why = layout ? "has no spatial axes" : "does not exist";
  const near = didYouMean(
    wanted,
    layers.map((l) => l.node),
  );
  throw new UsageError(`layer "${wanted}" ${why}${near}; there are ${choices}`);
}

/**
 * The layers of these names, joined by + unless the joined text is itself a name; by default the last spatial layer.
 */
export function chooseLayers(plan: BiasPlan, wanted: WantedLayers): readonly ChosenLayer[] {
  if (typeof wanted === "object") return wanted.map((one) => chooseLayer(plan, one));
  const isName = (one: string): boolean =>
    plan.layouts.has(one) || plan.layers.some(({ node }) => node === one);
  const names = wanted === undefined || isName(wanted) ? [wanted] : wanted.split("+");
  return names.map((one) => chooseLayer(plan, one));
}

/** Activations and gradient of a layer, [N,C,…spatial]. */
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

/** Σ_c w_c·A_c of weights [N,C,1,…] and activations [N,C,…spatial]: [N,1,…spatial]. */
export function weightedChannels(b: GraphBuilder, weights: Value, activations: Value): Value {
  const [batch, channels, ...positions] = activations.fact.shape as [Dim, Dim, ...Dim[]];
  const row = b.reshape(weights, [batch, 1, channels]);
  const columns = b.reshape(activations, [batch, channels, multiplyDims(...positions)]);
  return b.reshape(b.matmul(row, columns), [batch, 1, ...positions]);
}

/** max(sum, 0) */
export const positivePart = (b: GraphBuilder, sum: Value): Value => b.op("Relu", [sum], {}, "map");

/** Keeps the division finite for a constant map. */
export const leastRange = 1e-7;

/** (m − min)/(max − min), for each sample. */
function toUnit(b: GraphBuilder, map: Value): Value {
  const shifted = b.sub(map, b.min(map, spatialAxes(map)));
  return b.div(shifted, b.addScalar(b.max(shifted, spatialAxes(shifted)), leastRange));
}

/** The largest number of each sample, [N]. */
export function largestOf(b: GraphBuilder, sum: Value): Value {
  const axes = sum.fact.shape.flatMap((_, axis) => (axis > 0 ? [axis] : []));
  return b.max(sum, axes, false);
}

/** Linear resizing to the image, with half-pixel centres. */
export function resizeToImage(b: GraphBuilder, map: Value, input: Value): Value {
  return resizeMap(b, map, staticShape(input.fact.shape.slice(2), "an image"), "paper2019");
}
