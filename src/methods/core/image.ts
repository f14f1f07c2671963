import type { Tensor } from "../../tensor/tensor.js";

/** What one picture is, for methods that make others of it. */
export interface Image {
  /** [1,C,…places] */
  readonly x: Tensor;
  /** What black and white pixels are in the units of `x`, one number for each channel; unknown for plain arrays. */
  readonly pixels?: PixelRange;
}

export interface PixelRange {
  readonly black: readonly number[];
  readonly white: readonly number[];
}
