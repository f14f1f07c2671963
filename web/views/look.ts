import { colorScale, wholeRange, type ColorScale } from "../../src/draw/color-scale.js";
import type { ColormapName } from "../../src/draw/colormap.js";
import { heatmap, overlay } from "../../src/draw/overlay.js";
import type { Raster } from "../../src/image/raster.js";
import type { Tensor } from "../../src/tensor/tensor.js";

/** Drawing options of maps. */
export interface Look {
  /** 0 to 1 */
  readonly opacity: number;
  /** "auto": blue and red for maps with both signs, else inferno. */
  readonly colormap: ColormapName | "auto";
  /** Whether maps are drawn over the picture. */
  readonly over: boolean;
}

/** A map and the picture that it belongs to. */
export interface Drawable {
  readonly map: Tensor<"float32">;
  readonly view: Raster;
}

/** A map as a picture. */
export interface Drawn {
  readonly raster: Raster;
  readonly scale: ColorScale;
}

/**
 * Draws a map; over the picture, the photograph stays as it is where the map is cold.
 *
 * @throws {ImageError} if the map cannot be drawn as a picture
 */
export function draw({ map, view }: Drawable, isSigned: boolean, look: Look): Drawn {
  const colormap = look.colormap === "auto" ? (isSigned ? "rdbu" : "inferno") : look.colormap;
  if (look.over) {
    const scale = colorScale([map.data], colormap);
    const options = { scale, opacity: look.opacity, photograph: "natural" } as const;
    return { raster: overlay(view, map, options), scale };
  }
  const scale = colorScale([map.data], colormap, wholeRange);
  return { raster: heatmap(map, { scale }), scale };
}
