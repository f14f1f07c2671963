import type { Tensor } from "../../tensor/tensor.js";

/** One image, for methods that derive variants from it. */
export interface Image {
  /** [1,C,…spatial] */
  readonly x: Tensor;
  /** Black and white in the units of `x`, one value per channel; unknown for plain arrays. */
  readonly pixels?: PixelRange;
}

export interface PixelRange {
  readonly black: readonly number[];
  readonly white: readonly number[];
}
