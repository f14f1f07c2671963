import { ImageError } from "../errors.js";
import type { Tensor } from "../tensor/tensor.js";
import { colorIndex, colorScale, heatOf, wholeRange, type ColorScale } from "./color-scale.js";
import { colorsOf, isDiverging, type ColormapName } from "./colormap.js";
import type { Raster } from "../image/raster.js";
import { resampleMap } from "../image/resample.js";

/** How the numbers of a map are coloured. */
export interface HeatmapOptions {
  /** Default: "rdbu" for a map with negative numbers, else "inferno". */
  readonly colormap?: ColormapName;
  /** The scale, where several pictures shall have the same one; else the map's own. */
  readonly scale?: ColorScale;
}

/** How an overlay is drawn. */
export interface OverlayOptions extends HeatmapOptions {
  /** Share of colour in the most salient pixels, 0 to 1; the rest is photograph. Default 0.85. */
  readonly opacity?: number;
}

/** The share of colour in an overlay's most salient pixels, unless told otherwise. */
export const defaultOpacity = 0.85;

/**
 * The map as a picture of its own size, coloured from its minimum to its maximum; with a diverging colour map, from −m
 * to m, the largest absolute number. A constant map has one colour everywhere.
 *
 * @param map [H,W], [1,H,W] or [1,1,H,W].
 * @throws {ImageError} where the map has another shape or holds a number that is not finite.
 */
export function heatmap(
  map: Tensor<"float32">,
  { colormap, scale = colorScale([map.data], colormap, wholeRange) }: HeatmapOptions = {},
): Raster {
  const { height, width } = checkMap(map);
  const colors = colorsOf(scale.colormap);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < map.data.length; i++) {
    const color = colorIndex(scale, map.data[i]!) * 3;
    for (let c = 0; c < 3; c++) data[i * 3 + c] = colors[color + c]!;
  }
  return { width, height, data };
}

/**
 * The map over what the network saw. Heat is opaque where the map is high (signed: far from zero) and fades to nothing
 * where it is low, over a photograph that is muted and nearly grey, so that colour means heat.
 *
 * For display alone, the scale runs between {@link displayRange}; the heat map and the .npy have every number.
 *
 * @param view The preprocessed picture: see `viewOf`.
 * @param map [H,W], [1,H,W] or [1,1,H,W]; resampled bilinearly where its size is not the view's.
 * @throws {ImageError} where the map has another shape or holds a number that is not finite.
 */
export function overlay(
  view: Raster,
  map: Tensor<"float32">,
  { colormap, scale, opacity = defaultOpacity }: OverlayOptions = {},
): Raster {
  const size = checkMap(map);
  const { width, height } = view;
  const fitted = resampleMap(map.data, [size.height, size.width], [height, width]);
  const shown = scale ?? colorScale([fitted], colormap);
  const colors = colorsOf(shown.colormap);
  const { paper, strength } = grounds[isDiverging(shown.colormap) ? "diverging" : "sequential"];
  const data = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < fitted.length; i++) {
    const at = i * 3;
    const color = colorIndex(shown, fitted[i]!) * 3;
    const alpha = opacity * heatOf(shown, fitted[i]!);
    const grey = 0.299 * view.data[at]! + 0.587 * view.data[at + 1]! + 0.114 * view.data[at + 2]!;
    for (let c = 0; c < 3; c++) {
      const muted = grey + saturation * (view.data[at + c]! - grey);
      const photograph = paper + strength * (muted - paper);
      data[at + c] = (1 - alpha) * photograph + alpha * colors[color + c]!;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

/** How much of its colour a photograph keeps under a map. */
export const saturation = 0.25;

/**
 * What a photograph fades to, and how much of it stays: it is darkened under colours that grow light, and nearly white
 * under blue and red, which are white in the middle and dark at both ends.
 */
export const grounds = {
  sequential: { paper: 0, strength: 0.8 },
  diverging: { paper: 255, strength: 0.45 },
} as const;

/** @throws {ImageError} where a map is no picture: its shape, or a number that is not finite */
export function checkMap(map: Tensor<"float32">): { height: number; width: number } {
  const [height, width] = map.dims.slice(-2);
  if (width === undefined || height === undefined || map.dims.slice(0, -2).some((d) => d !== 1)) {
    throw new ImageError(
      `a map has the shape [H,W] or [1,1,H,W], but this is [${map.dims.join(",")}]`,
    );
  }
  const bad = map.data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) {
    throw new ImageError(
      `the map holds ${map.data[bad]!} at row ${Math.floor(bad / width)}, column ${bad % width}`,
    );
  }
  if (map.data.length === 0) throw new ImageError("the map has no pixels");
  return { height, width };
}
