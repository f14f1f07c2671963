import type { Preprocessing } from "../image/preprocess.js";
import { sizeOf } from "../tensor/shape.js";
import { float32 } from "../tensor/tensor.js";
import { withValues, type Dataset } from "../train/data/dataset.js";
import { countOf, rankPixels } from "./ranking.js";
import type { Explainer, Subject } from "./subject.js";

/** The pixel indices of each image, most salient first; H·W per image. */
export type PixelOrders = Uint16Array | Uint32Array;

export interface RankingOptions {
  /** By the map's absolute value, or by its signed value. Pixels of equal saliency are in random order. */
  readonly rank: "absolute" | "signed";
  /** The seed of that order. */
  readonly seed: number;
  /** The number of images per batch. */
  readonly batch: number;
  /** The preprocessing of the images. */
  readonly preprocessing: Preprocessing;
  readonly signal?: AbortSignal;
}

/**
 * Ranks the pixels of every image of a data set by a map.
 *
 * @param name the data set's name, a prefix of the image names
 * @param targets the class to explain for each image; by default its label
 */
export async function rankImages(
  data: Dataset,
  name: string,
  maker: Explainer,
  targets: ArrayLike<number> | undefined,
  options: RankingOptions,
): Promise<PixelOrders> {
  const { batch, preprocessing, rank, seed, signal } = options;
  const pixels = sizeOf(data.shape.slice(1));
  const orders = new (pixels > 2 ** 16 ? Uint32Array : Uint16Array)(data.length * pixels);
  for (let start = 0; start < data.length; start += batch) {
    signal?.throwIfAborted();
    const subjects: Subject[] = [];
    for (let i = start; i < Math.min(data.length, start + batch); i++) {
      const { x, label } = await data.get(i);
      subjects.push({
        name: `${name}[${i}]`,
        x: float32([1, ...x.dims], x.data as Float32Array),
        target: targets?.[i] ?? label,
        seed: seedOf(name, i),
        preprocessing,
      });
    }
    const maps = await maker.maps(subjects);
    subjects.forEach((subject, i) => {
      const how = { first: "most", absolute: rank === "absolute", ties: "random" } as const;
      orders.set(rankPixels(maps[i]!, { ...how, seed: seed ^ subject.seed }), (start + i) * pixels);
    });
  }
  return orders;
}

/** The data set with the first `fraction` of each image's pixels replaced by one colour. */
export function withoutPixels(
  data: Dataset,
  orders: PixelOrders,
  fraction: number,
  color: readonly number[],
): Dataset {
  const count = countOf(fraction, sizeOf(data.shape.slice(1)));
  return painted(data, orders, 0, count, color);
}

/** The data set with all but the first `fraction` of each image's pixels replaced by one colour. */
export function onlyPixels(
  data: Dataset,
  orders: PixelOrders,
  fraction: number,
  color: readonly number[],
): Dataset {
  const pixels = sizeOf(data.shape.slice(1));
  return painted(data, orders, countOf(fraction, pixels), pixels, color);
}

/** Where pixels were removed, as images: 1 in every channel at the first `fraction` of the pixels, 0 elsewhere. */
export function masks(data: Dataset, orders: PixelOrders, fraction: number): Dataset {
  const blank = withValues(data, (values) => new Float32Array(values.length));
  const [channels = 1] = data.shape;
  return withoutPixels(blank, orders, fraction, new Array<number>(channels).fill(1));
}

/** Replaces the pixels at ranks from `start` up to `end` in every channel. */
function painted(
  data: Dataset,
  orders: PixelOrders,
  start: number,
  end: number,
  color: readonly number[],
): Dataset {
  const pixels = sizeOf(data.shape.slice(1));
  return withValues(data, (given, i) => {
    const values = given.slice();
    const removed = orders.subarray(i * pixels + start, i * pixels + end);
    color.forEach((value, c) => {
      for (const pixel of removed) values[c * pixels + pixel] = value;
    });
    return values;
  });
}

/** A different seed for every training and test image. */
function seedOf(name: string, i: number): number {
  const start = name === "test" ? 0x85ebca6b : 0;
  return (start ^ Math.imul(i + 1, 0x9e3779b1)) >>> 0;
}
