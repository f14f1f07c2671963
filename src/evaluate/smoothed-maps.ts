import { stretch } from "../methods/building-blocks/stretch.js";
import { sizeOf } from "../tensor/shape.js";
import type { Explainer, Subject } from "./subject.js";

/** How maps are smoothed. */
export interface Smoothing {
  /** Along each side; 7 is the resolution of Grad-CAM on most networks. */
  readonly cells: number;
  /** "absolute" averages absolute values, for tests that rank or compare these. */
  readonly sign: "absolute" | "signed";
}

/**
 * An explainer, and one whose map is the same averaged over a coarse grid and enlarged again: comparing the two shows
 * the effect of smoothness alone. Both use one computed map of each subject.
 */
export function withSmoothed(explainer: Explainer, { cells, sign }: Smoothing): Explainer[] {
  const shared = sharingMaps(explainer);
  const smoothed: Explainer = {
    ...shared,
    name: `${explainer.name}~${cells}x${cells}`,
    maps: async (subjects) => {
      const maps = await shared.maps(subjects);
      return maps.map((map, i) => {
        const values = sign === "absolute" ? map.map(Math.abs) : map;
        return smoothedMap(values, subjects[i]!.x.dims.slice(2), cells);
      });
    },
  };
  return [shared, smoothed];
}

/** Means over a grid of cells, enlarged to the map's extents as Grad-CAM's map is. */
export function smoothedMap(
  map: Float32Array,
  extents: readonly number[],
  cells: number,
): Float32Array {
  const grid = extents.map((extent) => Math.min(cells, extent));
  const [sums, counts] = [new Float64Array(sizeOf(grid)), new Float64Array(sizeOf(grid))];
  map.forEach((value, position) => {
    let [rest, cell, stride] = [position, 0, 1];
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      const [extent, count] = [extents[axis]!, grid[axis]!];
      cell += Math.floor(((rest % extent) * count) / extent) * stride;
      rest = Math.floor(rest / extent);
      stride *= count;
    }
    sums[cell]! += value;
    counts[cell]! += 1;
  });
  const means = sums.map((sum, i) => sum / counts[i]!);
  return Float32Array.from(stretch(means, grid, extents));
}

/** Keeps the map of each subject as long as the subject. */
function sharingMaps(explainer: Explainer): Explainer {
  const known = new WeakMap<Subject, Float32Array>();
  return {
    ...explainer,
    maps: async (subjects) => {
      if (!subjects.every((subject) => known.has(subject))) {
        const maps = await explainer.maps(subjects);
        subjects.forEach((subject, i) => known.set(subject, maps[i]!));
      }
      return subjects.map((subject) => known.get(subject)!);
    },
  };
}
