import type { EmbeddedMap } from "./embedded-map.js";

/** A map in the data of the page's script. */
export interface PageMap extends EmbeddedMap {
  readonly signed: boolean;
  /** Ends of its scale. */
  readonly own: readonly [number, number];
  readonly shared: readonly [number, number];
  /** A layer's map, which is not drawn over the image. */
  readonly alone: boolean;
}

/** How a photograph is muted under a map: see draw/overlay.ts. */
export interface PhotographRule {
  readonly saturation: number;
  readonly grounds: Readonly<Record<"sequential" | "diverging", PhotographGround>>;
}

interface PhotographGround {
  readonly paper: number;
  readonly strength: number;
}

/** All data of the page's script. */
export interface PageData {
  readonly maps: readonly PageMap[];
  /** Colour maps of 256 colours each, R, G, B, in base64. */
  readonly colormaps: Readonly<Record<string, string>>;
  readonly photograph: PhotographRule;
}
