import { InputError } from "../errors.js";
import { sizeOf } from "../tensor/shape.js";
import { toNumbers, type Tensor } from "../tensor/tensor.js";

/**
 * A region of the image, with the exact share of each layer's term inside it.
 *
 * If a layer has n positions along an axis of N pixels, its term at position i belongs to the pixels from i·N/n to
 * (i+1)·N/n and is spread evenly over them. The share of a region is Σ term × (fraction of these pixels inside the
 * region): shares of disjoint regions add up, and the share of the whole image is the layer's term.
 *
 * @example
 * ```ts
 * const { inputMap, units } = await model.layerMaps(x);
 * const eye = Region.box([224, 224], [60, 40], [100, 90]);
 * const share = units.map(({ map }) => (map ? eye.shareOf(map) : 0));
 * ```
 */
export class Region {
  /** Extents of the image, […spatial]. */
  readonly size: readonly number[];
  private readonly inside: Float64Array;
  private readonly covered = new Map<string, Float64Array>();

  /**
   * @param size extents of the image, […spatial]
   * @param inside the fraction of each pixel that belongs to the region, 0 to 1
   * @throws {InputError} if the number of elements differs from the number of pixels
   */
  constructor(size: readonly number[], inside: ArrayLike<number>) {
    if (inside.length !== sizeOf(size)) {
      throw new InputError(
        `a region of an image [${size.join(",")}] needs ${sizeOf(size)} numbers, not ${inside.length}`,
      );
    }
    this.size = size;
    this.inside = Float64Array.from(inside);
  }

  /**
   * A box, exclusive of its far edge.
   *
   * @param from @param to positions in the order of the axes: row before column
   */
  static box(size: readonly number[], from: readonly number[], to: readonly number[]): Region {
    const inside = new Float64Array(sizeOf(size));
    for (let i = 0; i < inside.length; i++) {
      let rest = i;
      let isIn = true;
      for (let axis = size.length - 1; axis >= 0; axis--) {
        const at = rest % size[axis]!;
        rest = (rest - at) / size[axis]!;
        isIn &&= at >= from[axis]! && at < to[axis]!;
      }
      if (isIn) inside[i] = 1;
    }
    return new Region(size, inside);
  }

  /** The fraction of the image that the region covers. */
  get area(): number {
    return this.inside.reduce((sum, part) => sum + part, 0) / this.inside.length;
  }

  /**
   * The sum of a layer's map inside the region.
   *
   * @param map [N,1,…spatial] as in `LayerMaps`, or […spatial]; at the layer's own size
   * @param sample row of the batch
   * @throws {InputError} if the map and the image differ in their number of spatial axes
   */
  shareOf(map: Tensor, sample = 0): number {
    const rank = this.size.length;
    const positions = map.dims.slice(-rank);
    const isBatch = map.dims.length === rank + 2 && map.dims[1] === 1;
    if (map.dims.length !== rank && !isBatch) {
      throw new InputError(
        `a map [${map.dims.join(",")}] does not fit a region of an image [${this.size.join(",")}]`,
      );
    }
    const terms = toNumbers(map);
    const covered = this.coverage(positions);
    const start = sample * covered.length;
    let sum = 0;
    for (let i = 0; i < covered.length; i++) sum += covered[i]! * terms[start + i]!;
    return sum;
  }

  /** The fraction of pixels inside the region, for each position of a layer of this size. */
  private coverage(positions: readonly number[]): Float64Array {
    const key = positions.join("x");
    let found = this.covered.get(key);
    if (!found) {
      found = positions.reduce((values, extent, axis) => {
        const after = sizeOf(this.size.slice(axis + 1));
        return averageAlong(values, this.size[axis]!, after, extent);
      }, this.inside);
      this.covered.set(key, found);
    }
    return found;
  }
}

/** Averages an axis of `length` pixels, each of `after` numbers, over `extent` equal cells. */
function averageAlong(
  values: Float64Array,
  length: number,
  after: number,
  extent: number,
): Float64Array {
  const before = values.length / (length * after);
  const cell = length / extent;
  const averages = new Float64Array(before * extent * after);
  for (let i = 0; i < extent; i++) {
    const [from, to] = [i * cell, (i + 1) * cell];
    for (let p = Math.floor(from); p < Math.min(length, Math.ceil(to)); p++) {
      const weight = (Math.min(to, p + 1) - Math.max(from, p)) / cell;
      if (weight <= 0) continue;
      for (let outer = 0; outer < before; outer++) {
        const source = (outer * length + p) * after;
        const target = (outer * extent + i) * after;
        for (let k = 0; k < after; k++) averages[target + k]! += weight * values[source + k]!;
      }
    }
  }
  return averages;
}
