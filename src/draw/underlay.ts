import { displayRange } from "./color-scale.js";
import type { Raster } from "../image/raster.js";

/** The input under a map: channels first, then the map's axes. */
export interface DrawnInput {
  readonly channels: number;
  /** [C,…spatial] */
  readonly data: Float32Array;
}

/** The mean over channels, […spatial]. */
export function channelMean({ channels, data }: DrawnInput): Float32Array {
  const area = data.length / channels;
  return Float32Array.from({ length: area }, (_, p) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[c * area + p]!;
    return sum / channels;
  });
}

/** The values shown as black and white: the {@link displayRange} quantiles. */
export function greyRange(values: Float32Array): readonly [black: number, white: number] {
  const sorted = values.filter(Number.isFinite).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(displayRange[0]), at(displayRange[1])];
}

/** A grey picture of a map of numbers; non-finite values are black. */
export function greyPicture(
  values: Float32Array,
  { width, height }: { readonly width: number; readonly height: number },
  [black, white]: readonly [black: number, white: number],
): Raster {
  const data = new Uint8Array(width * height * 3);
  values.forEach((value, i) => {
    const share = white > black ? (value - black) / (white - black) : 0.5;
    const level = Number.isFinite(share) ? Math.round(Math.min(1, Math.max(0, share)) * 255) : 0;
    data.fill(level, i * 3, i * 3 + 3);
  });
  return { width, height, data };
}
