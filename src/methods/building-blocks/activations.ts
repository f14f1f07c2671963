import type { MethodResult } from "../core/method.js";
import type { ModelProbe, Sampler } from "../core/sampler.js";
import { toImageOrder } from "../../decomposition/spatial-positions.js";
import { elementCount, float32, toNumbers, type Tensor } from "../../tensor/tensor.js";
import {
  chooseLayer,
  chooseLayers,
  leastRange,
  type ChosenLayer,
  type WantedLayers,
} from "./class-activation-map.js";
import { stretch } from "./stretch.js";

/** A layer's activations on one image. */
export interface Activations {
  readonly layer: string;
  /** Name of the value, and the value in the network's own axis order. */
  readonly value: string;
  readonly raw: Tensor;
  /** Spatial extents, and each channel's numbers. */
  readonly positions: readonly number[];
  readonly channels: readonly Float64Array[];
}

/** A weight for each channel of a layer. */
export interface ChannelWeights {
  readonly weights: ArrayLike<number>;
  /** Passes of the model that computed the weights. */
  readonly passes: number;
}

/**
 * max(Σ_c w_c·A_c, 0) of a layer, resized to the image; for several layers, the mean of their maps, each scaled to
 * [0,1].
 */
export async function channelMap(
  sampler: Sampler,
  wanted: WantedLayers,
  weigh: (found: Activations) => Promise<ChannelWeights>,
): Promise<MethodResult> {
  const layers = chooseLayers(sampler.plan, wanted);
  const size = sampler.mapDims.slice(2);
  const mean = new Float64Array(size.reduce((p, d) => p * d, 1));
  let [largest, count] = [-Infinity, 0];
  for (const layer of layers) {
    const found = await activationsOf(sampler, layer);
    const { weights, passes } = await weigh(found);
    const { map, largestSum } = positiveSum(weights, found.channels);
    const wide = stretch(layers.length > 1 ? toUnit(map) : map, found.positions, size);
    for (const [p, v] of wide.entries()) mean[p]! += v / layers.length;
    [largest, count] = [Math.max(largest, largestSum), count + passes];
  }
  return {
    map: float32(sampler.mapDims, mean),
    info: { layer: layers.map(({ node }) => node).join(", "), passes: count },
    evidence: { largestSum: largest },
  };
}

function toUnit(map: Float64Array): Float64Array {
  const least = map.reduce((p, v) => Math.min(p, v), Infinity);
  const range = map.reduce((p, v) => Math.max(p, v - least), 0) + leastRange;
  return map.map((v) => (v - least) / range);
}

/** Runs the network up to a layer. */
async function activationsOf(
  sampler: Sampler,
  { value, node, restoration }: ChosenLayer,
): Promise<Activations> {
  const probe: ModelProbe = {
    key: `activations/${value}`,
    forward: ({ b }) => {
      const raw = b.value(value);
      return { outputs: { raw, placed: toImageOrder(b.within("positions"), raw, restoration) } };
    },
  };
  const { results } = await sampler.once(probe);
  const placed = results.get("placed")!;
  const [, count = 1, ...positions] = placed.dims;
  return {
    ...{ layer: node, value, raw: results.get("raw")!, positions },
    channels: byChannel(placed, count),
  };
}

/**
 * The element indices of each channel in the value's own axis order, found by running the conversion to image order on
 * the numbers 0, 1, 2, …
 */
export async function positionsOf(
  sampler: Sampler,
  { value, raw, channels }: Activations,
): Promise<readonly Float64Array[]> {
  const { restoration } = chooseLayer(sampler.plan, value);
  const probe: ModelProbe = {
    key: `positions/${value}`,
    replaced: value,
    forward: ({ b }) => ({
      outputs: { placed: toImageOrder(b.within("positions"), b.value(value), restoration) },
    }),
  };
  const count = elementCount(raw);
  const numbers = float32(
    raw.dims,
    Float32Array.from({ length: count }, (_, i) => i),
  );
  const { results } = await sampler.once(probe, { replaced: numbers });
  return byChannel(results.get("placed")!, channels.length);
}

function byChannel(placed: Tensor, count: number): readonly Float64Array[] {
  const numbers = toNumbers(placed);
  const area = numbers.length / count;
  return Array.from({ length: count }, (_, c) =>
    Float64Array.from({ length: area }, (_unused, p) => numbers[c * area + p]!),
  );
}

/** max(Σ_c w_c·A_c, 0), and the largest sum before that. */
function positiveSum(
  weights: ArrayLike<number>,
  channels: readonly Float64Array[],
): { readonly map: Float64Array; readonly largestSum: number } {
  const sum = new Float64Array(channels[0]?.length ?? 0);
  for (const [c, channel] of channels.entries()) {
    for (const [p, v] of channel.entries()) sum[p]! += weights[c]! * v;
  }
  const largestSum = sum.reduce((p, v) => Math.max(p, v), -Infinity);
  return { map: sum.map((v) => Math.max(v, 0)), largestSum };
}
