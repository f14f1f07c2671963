import type { Preprocessing } from "../image/preprocess.js";
import type { Raster } from "../image/raster.js";
import type { PixelRange } from "../methods/core/image.js";
import { isTensor, type Tensor } from "../tensor/tensor.js";

/** A picture prepared for a model, by {@link Model.picture}. Every request takes it in place of a tensor. */
export interface Picture {
  /** The model's input, for one sample. */
  readonly x: Tensor;
  /** The picture as the model sees it, resized and cropped, for overlays. */
  readonly view: Raster;
  /** Black and white in the units of the input. */
  readonly pixels?: PixelRange;
  /** The settings that made `x`. */
  readonly preprocessing: Preprocessing;
}

/** An input of a model: a tensor, or a picture prepared for it. */
export type ModelInput = Tensor | Picture;

const isPicture = (input: unknown): input is Picture =>
  typeof input === "object" && input !== null && !isTensor(input) && "x" in input;

/** The tensor of an input. Values from JavaScript are untyped; they are checked later. */
export const tensorOf = (input: ModelInput): Tensor => (isPicture(input) ? input.x : input);

/** The settings of a picture; undefined for a tensor, whose preprocessing is unknown. */
export const preprocessingOf = (input: ModelInput): Preprocessing | undefined =>
  isPicture(input) ? input.preprocessing : undefined;
