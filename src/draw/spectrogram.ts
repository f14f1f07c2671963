import { Chart, type ChartAxis, placeInCell } from "./chart-canvas.js";
import { colorScale, wholeRange } from "./color-scale.js";
import { heatmap, overlay, type HeatmapOptions, type OverlayOptions } from "./overlay.js";
import type { Raster } from "../image/raster.js";
import { resample } from "../image/resample.js";
import { float32 } from "../tensor/tensor.js";
import { roundTicks } from "./ticks.js";
import { channelMean, greyPicture, greyRange, type DrawnInput } from "./underlay.js";

/** Minimum and maximum size of a plot, in pixels. */
const plotSize = { width: [480, 1000], height: [200, 480] } as const;

/** A map [F,T] and its axes, row-major. */
export interface SpectralMap {
  readonly data: Float32Array;
  readonly frequency: ChartAxis;
  readonly time: ChartAxis;
}

/** Draws a map over frequency (upward) and time, without clipping its range. */
export function spectrogramHeatmap(
  map: SpectralMap,
  { colormap, scale = colorScale([map.data], colormap, wholeRange) }: HeatmapOptions = {},
): Raster {
  const size = sizeOf(map);
  const upright = upward(map.data, map.time.extent);
  const picture = heatmap(float32([size.rows, size.columns], upright), { scale });
  const plot = resample(picture, size.width, size.height, "nearest");
  return framed(map, plot, scale, "the map");
}

/**
 * Draws the map over the spectrogram, which is shown in grey.
 *
 * @param input [C,F,T]; the mean over channels is drawn
 */
export function spectrogramOverlay(
  map: SpectralMap,
  input: DrawnInput,
  { colormap, opacity, scale = colorScale([map.data], colormap) }: OverlayOptions = {},
): Raster {
  const { rows, columns, width, height } = sizeOf(map);
  const values = channelMean(input);
  const grey = greyPicture(
    upward(values, columns),
    { width: columns, height: rows },
    greyRange(values),
  );
  const plot = overlay(
    resample(grey, width, height, "nearest"),
    float32([rows, columns], upward(map.data, columns)),
    { scale, opacity },
  );
  return framed(map, plot, scale, "grey: the input; colour: the map");
}

function framed(
  { frequency, time }: SpectralMap,
  plot: Raster,
  scale: Parameters<Chart["close"]>[1],
  about: string,
): Raster {
  const chart = new Chart(plot.width, plot.height);
  chart.plot(plot, 0);
  const ticks = roundTicks(0, frequency.extent - 1, Math.max(2, Math.floor(plot.height / 50)), 1);
  chart.valueTicks(ticks, 0, plot.height, (v) => 1 - placeInCell(v, frequency.extent));
  chart.close(time, scale, `${frequency.name} upward; ${about}`);
  return chart.canvas;
}

/** Plot size in whole pixels per value where possible. The axes have different units, so each has its own scale. */
function sizeOf({ frequency, time }: SpectralMap): {
  rows: number;
  columns: number;
  width: number;
  height: number;
} {
  const fit = (extent: number, [least, most]: readonly [number, number]): number =>
    extent > most ? most : extent * Math.max(1, Math.ceil(least / extent));
  return {
    rows: frequency.extent,
    columns: time.extent,
    width: fit(time.extent, plotSize.width),
    height: fit(frequency.extent, plotSize.height),
  };
}

/** Reverses the order of the rows. */
function upward(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const flipped = new Float32Array(values.length);
  for (let y = 0; y < rows; y++) {
    flipped.set(values.subarray(y * columns, (y + 1) * columns), (rows - 1 - y) * columns);
  }
  return flipped;
}
