import type { Tensor } from "../tensor/tensor.js";
import type { Raster } from "../image/raster.js";

/** Maps of several methods for several images: the content of a montage or a page. */
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
  /** Whether its maps may have both signs. */
  readonly signed: boolean;
}

/** One image, and one class of it. */
export interface ComparedRow {
  /** Prefix of its file names: "chelsea" or "chelsea.top2". */
  readonly name: string;
  /** Caption lines below the image: its name, the class, the score. */
  readonly caption: readonly string[];
  /** The preprocessed picture; undefined for a .npy input. */
  readonly view?: Raster;
  /** One per method. */
  readonly maps: readonly ComparedMap[];
  /** The parts of the full-gradient decomposition, in network order. */
  readonly layers?: LayerParts;
}

/** A map, or the reason for its absence. */
export type ComparedMap =
  | {
      /** [H,W] float32, un-normalised. */
      readonly map: Tensor<"float32">;
      /** The raw array, as a link relative to the page. */
      readonly file?: string;
    }
  | { readonly problem: string };

/** A score decomposed by depth: the values of the parts add up to it. */
export interface LayerParts {
  readonly output: number;
  readonly parts: readonly LayerPart[];
}

/** The contribution of the input or of one bias-bearing unit to the score. */
export interface LayerPart {
  /** "input", or the unit's node. */
  readonly name: string;
  readonly op: string;
  /** Its signed sum. */
  readonly value: number;
  /** Its map [h,w] at the layer's own size, whose sum is `value`; undefined for a unit without spatial axes. */
  readonly map?: Tensor<"float32">;
}
