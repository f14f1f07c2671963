import type { ModelProbe, Sampler } from "../core/sampler.js";
import { toImageOrder } from "../../decomposition/spatial-positions.js";
import { elementCount, float32, toNumbers, type Tensor } from "../../tensor/tensor.js";
import { chooseLayer } from "./class-activation-map.js";

/** A layer's activations on one image. */
export interface Activations {
  readonly layer: string;
  /** Name of the value, and the value in the network's own axis order. */
  readonly value: string;
  readonly raw: Tensor;
  /** Spatial extents, and each channel's numbers. */
  readonly places: readonly number[];
  readonly channels: readonly Float64Array[];
}

/** Runs the network up to a layer. @throws {UsageError} if the layer has no spatial axes */
export async function activationsOf(
  sampler: Sampler,
  wanted: string | undefined,
): Promise<Activations> {
  const { value, node, restoration } = chooseLayer(sampler.plan, wanted);
  const probe: ModelProbe = {
    key: `activations/${value}`,
    forward: ({ b }) => {
      const raw = b.value(value);
      return { outputs: { raw, placed: toImageOrder(b.within("places"), raw, restoration) } };
    },
  };
  const { results } = await sampler.once(probe);
  const placed = results.get("placed")!;
  const [, count = 1, ...places] = placed.dims;
  return {
    ...{ layer: node, value, raw: results.get("raw")!, places },
    channels: byChannel(placed, count),
  };
}

/**
 * The element indices of each channel in the value's own axis order, found by running the conversion to image order on the
 * numbers 0, 1, 2, …
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
      outputs: { placed: toImageOrder(b.within("places"), b.value(value), restoration) },
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
export function positiveSum(
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
