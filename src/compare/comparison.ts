import type { Tensor } from "../tensor/tensor.js";
import type { Raster } from "../image/raster.js";

/** Maps of several methods for several images: what a montage or a page shows. */
export interface Comparison {
  /** The title above all maps: the model's name. */
  readonly title: string;
  readonly methods: readonly ComparedMethod[];
  readonly rows: readonly ComparedRow[];
  /** Remarks about the maps' validity, such as classes with nearly the same map. */
  readonly notes?: readonly string[];
}

export interface ComparedMethod {
  readonly name: string;
  /** Its maps have both signs, whatever numbers a particular one holds. */
  readonly signed: boolean;
}

/** One image, and one class of it. */
export interface ComparedRow {
  /** Prefix of its file names: "chelsea" or "chelsea.top2". */
  readonly name: string;
  /** Caption lines below the image: its name, the class, the score. */
  readonly caption: readonly string[];
  /** The picture as the network sees it; a .npy input has none. */
  readonly view?: Raster;
  /** For each of the methods. */
  readonly maps: readonly ComparedMap[];
  /** The parts of the full-gradient decomposition, in network order. */
  readonly layers?: LayerParts;
}

/** A map, or the reason for its absence. */
export type ComparedMap =
  | {
      /** [H,W] float32, un-normalised. */
      readonly map: Tensor<"float32">;
      /** The raw array, as a link from where the page lies. */
      readonly file?: string;
    }
  | { readonly problem: string };

/** A score, taken apart by depth: the parts' values add up to it. */
export interface LayerParts {
  readonly output: number;
  readonly parts: readonly LayerPart[];
}

/** What the input or one bias-bearing unit adds to the score. */
export interface LayerPart {
  /** "input", or the unit's node. */
  readonly name: string;
  readonly op: string;
  /** Its signed sum. */
  readonly value: number;
  /** Where in the image: [h,w] of the layer's own size, whose sum is `value`. A unit without places has none. */
  readonly map?: Tensor<"float32">;
}
