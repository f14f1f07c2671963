import { colorScale, wholeRange, type ColorScale } from "../../src/draw/color-scale.js";
import type { ColormapName } from "../../src/draw/colormap.js";
import { heatmap, overlay } from "../../src/draw/overlay.js";
import type { Raster } from "../../src/image/raster.js";
import type { Explained } from "../engine/protocol.js";

/** Drawing options of maps. */
export interface Look {
  /** 0 to 1 */
  readonly opacity: number;
  /** "auto": blue and red for maps with both signs, else inferno. */
  readonly colormap: ColormapName | "auto";
  /** Whether maps are drawn over the picture. */
  readonly over: boolean;
}

/** A map as a picture, identical to the output of `fullgrad explain`. */
export interface Drawn {
  readonly raster: Raster;
  readonly scale: ColorScale;
}

/** @throws {ImageError} if the map cannot be drawn as a picture */
export function draw({ map, view }: Explained, isSigned: boolean, look: Look): Drawn {
  const colormap = look.colormap === "auto" ? (isSigned ? "rdbu" : "inferno") : look.colormap;
  if (look.over) {
    const scale = colorScale([map.data], colormap);
    return { raster: overlay(view, map, { scale, opacity: look.opacity }), scale };
  }
  const scale = colorScale([map.data], colormap, wholeRange);
  return { raster: heatmap(map, { scale }), scale };
}
