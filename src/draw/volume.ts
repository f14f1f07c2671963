import { cellSheet, type Cell } from "./cells.js";
import type { OverlayOptions } from "./overlay.js";
import type { Raster } from "../image/raster.js";
import { channelMean, greyRange, type DrawnInput } from "./underlay.js";

/** A map of rank 3: a video [T,H,W] or a volume [D,H,W]. */
export interface BlockMap {
  readonly dims: readonly [number, number, number];
  readonly data: Float32Array;
}

/** Maximum number of video frames drawn. */
const mostFrames = 8;

/**
 * Draws up to eight frames of a video, evenly spaced from the first to the last: the map over each frame, or the map
 * alone without the input. All frames share one scale.
 */
export function videoFrames(map: BlockMap, input?: DrawnInput, options?: OverlayOptions): Raster {
  const [count, height, width] = map.dims;
  const shown = Math.min(count, mostFrames);
  const under = input && channelMean(input);
  const area = height * width;
  const cells = framesOf(count, shown).map((t): Cell => {
    const cut = (values: Float32Array) => values.subarray(t * area, (t + 1) * area);
    return {
      ...{ label: `frame ${t}`, width, height, map: cut(map.data) },
      ...(under ? { input: cut(under) } : {}),
    };
  });
  const about = shown < count ? `${shown} of ${count} frames` : `${count} frames`;
  return cellSheet(
    { cells, columns: 4, about, ...(under ? { grey: greyRange(under) } : {}) },
    map.data,
    options,
  );
}

/** `shown` integers from 0 to count − 1, evenly spaced. */
export function framesOf(count: number, shown: number): readonly number[] {
  if (shown === 1) return [0];
  return Array.from({ length: shown }, (_, i) => Math.round((i * (count - 1)) / (shown - 1)));
}

/**
 * Draws three orthogonal sections of a volume [D,H,W] through the map's maximum (for signed maps, the largest
 * absolute value): the map over the input, or the map alone without the input.
 */
export function volumeCuts(map: BlockMap, input?: DrawnInput, options?: OverlayOptions): Raster {
  const [d, h, w] = peakOf(map);
  const under = input && channelMean(input);
  const [depth, height, width] = map.dims;
  const cell = (
    label: string,
    size: readonly [rows: number, columns: number],
    placeOf: (row: number, column: number) => number,
    mark: readonly [number, number],
  ): Cell => {
    const [rows, columns] = size;
    const cut = (values: Float32Array) =>
      Float32Array.from(
        { length: rows * columns },
        (_, i) => values[placeOf(Math.floor(i / columns), i % columns)]!,
      );
    return {
      ...{ label, width: columns, height: rows, map: cut(map.data), mark },
      ...(under ? { input: cut(under) } : {}),
    };
  };
  const at = (z: number, y: number, x: number): number => (z * height + y) * width + x;
  const cells = [
    cell(`D = ${d}: H down, W right`, [height, width], (y, x) => at(d, y, x), [w, h]),
    cell(`H = ${h}: D down, W right`, [depth, width], (z, x) => at(z, h, x), [w, d]),
    cell(`W = ${w}: D down, H right`, [depth, height], (z, y) => at(z, y, w), [h, d]),
  ];
  const about = `through the map's largest number, at D ${d}, H ${h}, W ${w}`;
  return cellSheet(
    { cells, columns: 3, about, ...(under ? { grey: greyRange(under) } : {}) },
    map.data,
    options,
  );
}

/** The position of the largest absolute value; the first one on ties. */
export function peakOf({ dims, data }: BlockMap): readonly [number, number, number] {
  const place = data.reduce((best, v, i) => (Math.abs(v) > Math.abs(data[best]!) ? i : best), 0);
  const [, height, width] = dims;
  return [Math.floor(place / (height * width)), Math.floor(place / width) % height, place % width];
}
