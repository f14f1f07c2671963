import { InputError } from "../../errors.js";
import { toNumbers, type Tensor } from "../../tensor/tensor.js";
import { baselineOf, baselineSettings, baselineWords } from "../core/baselines.js";
import type { Image } from "../core/image.js";
import { choice, given, number, whole } from "../core/settings.js";
import { labOf } from "./lab.js";
import { superpixels } from "./superpixels.js";

/** The settings of a method that hides regions of the image. */
export const regionSettings = {
  segments: whole(50, "approximate number of superpixels (SLIC) of the image", 2),
  compactness: number(10, "compactness of superpixels: larger values give squarer ones", 1e-3),
  regions: given(
    "regions to use instead of superpixels: a number per position, [H,W] or [1,1,H,W]",
  ),
  ...baselineSettings,
  baseline: choice(
    ["region-mean", ...baselineWords],
    "region-mean",
    `replacement of a hidden region: its mean colour, or the ${baselineSettings.baseline.about}`,
  ),
};

interface RegionValues {
  readonly segments: number;
  readonly compactness: number;
  readonly regions: Tensor | undefined;
  readonly baseline: (typeof baselineWords)[number] | "region-mean";
  readonly given: Tensor | undefined;
  readonly blur: number;
}

/** An image divided into regions, each shown or hidden. */
export interface Regions {
  readonly count: number;
  /** The image with the regions shown whose number is 1. */
  readonly image: (shown: ArrayLike<number>) => Float32Array;
  /** A map with one number per region. */
  readonly map: (values: ArrayLike<number>) => Float64Array;
}

/** @throws {InputError} if the given regions do not fit the image, or there is only one */
export function regionsOf(image: Image, settings: RegionValues): Regions {
  const { labels, count } = labelsOf(image, settings);
  const { baseline } = settings;
  const x = toNumbers(image.x);
  const area = labels.length;
  const fill =
    baseline === "region-mean"
      ? regionMeans(x, labels, count)
      : baselineOf(image, { ...settings, baseline });
  return {
    count,
    image: (shown) =>
      Float32Array.from(x, (v, i) => (shown[labels[i % area]!] === 1 ? v : fill[i]!)),
    map: (values) => Float64Array.from(labels, (k) => values[k]!),
  };
}

/** The number of each position's region, from 0. @throws as {@link regionsOf} */
export function labelsOf(
  image: Image,
  { segments, compactness, regions }: Pick<RegionValues, "segments" | "compactness" | "regions">,
): { readonly labels: Int32Array; readonly count: number } {
  const dims = image.x.dims.slice(2);
  if (!regions) {
    const labels = superpixels(labOf(image), dims, segments, compactness);
    return { labels, count: labels.reduce((p, k) => Math.max(p, k), 0) + 1 };
  }
  const own = regions.dims.filter((d) => d !== 1);
  const fits = own.join() === dims.filter((d) => d !== 1).join();
  if (!fits || regions.dtype === "string") {
    throw new InputError(
      `regions [${regions.dims.join(",")}] do not fit an image with positions [${dims.join(",")}]: give a number for each`,
    );
  }
  const values = Float64Array.from(toNumbers(regions));
  const names = new Map([...new Set(values)].sort((p, q) => p - q).map((v, k) => [v, k]));
  const labels = Int32Array.from(values, (v) => names.get(v)!);
  if (names.size > 1) return { labels, count: names.size };
  throw new InputError("regions: all positions have the same number, so there is only one region");
}

/** Each channel's mean over each region, in the shape of the image. */
function regionMeans(x: ArrayLike<number>, labels: Int32Array, count: number): Float64Array {
  const area = labels.length;
  const sums = new Float64Array((x.length / area) * count);
  const sizes = new Float64Array(count);
  for (const k of labels) sizes[k]! += 1;
  const slot = (i: number): number => Math.floor(i / area) * count + labels[i % area]!;
  for (let i = 0; i < x.length; i++) sums[slot(i)]! += x[i]! / sizes[labels[i % area]!]!;
  return Float64Array.from({ length: x.length }, (_, i) => sums[slot(i)]!);
}
