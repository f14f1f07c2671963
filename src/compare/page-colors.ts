import type { EmbeddedMap } from "./embedded-map.js";
import type { PhotographRule } from "./page-data.js";

/** The ends of a map's colours. */
export interface PageScale {
  readonly low: number;
  readonly high: number;
  readonly diverging: boolean;
}

/** The result of {@link pageColors}. */
export type PageColors = ReturnType<typeof pageColors>;

/**
 * Converts the embedded data to pixel colours by the rule of draw/overlay.ts and draw/color-scale.ts; a test compares
 * the two. The page contains this function as source text, so it uses nothing outside itself.
 */
export function pageColors() {
  const clamp = (v: number): number => Math.min(1, Math.max(0, v));

  function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  }

  /** A step is 1/65534 of the range from minimum to maximum. */
  function decodeMap({ steps, least, most }: EmbeddedMap): Float64Array {
    const bytes = new DataView(decodeBase64(steps).buffer);
    const values = new Float64Array(bytes.byteLength / 2);
    for (let i = 0; i < values.length; i++) {
      values[i] = least + (bytes.getUint16(i * 2, true) / 65534) * (most - least);
    }
    return values;
  }

  function colorIndex({ low, high, diverging }: PageScale, value: number): number {
    if (!(high > low)) return diverging ? 128 : 0;
    return Math.round(clamp((value - low) / (high - low)) * 255);
  }

  function heatOf({ low, high, diverging }: PageScale, value: number): number {
    if (!(high > low)) return 0;
    return clamp(diverging ? Math.abs(value) / high : (value - low) / (high - low));
  }

  /** R, G, B, A of a coloured map, over the photograph's R, G, B, A if there is one. */
  function compose(
    values: Float64Array | Float32Array,
    scale: PageScale,
    colors: Uint8Array,
    opacity: number,
    photograph: ArrayLike<number> | null,
    { saturation, grounds }: PhotographRule,
  ): Uint8ClampedArray<ArrayBuffer> {
    const { paper, strength } = scale.diverging ? grounds.diverging : grounds.sequential;
    const pixels = new Uint8ClampedArray(values.length * 4);
    for (let i = 0; i < values.length; i++) {
      const at = i * 4;
      const color = colorIndex(scale, values[i]!) * 3;
      const alpha = photograph ? opacity * heatOf(scale, values[i]!) : 1;
      let grey = 0;
      if (photograph) {
        grey = 0.299 * photograph[at]! + 0.587 * photograph[at + 1]! + 0.114 * photograph[at + 2]!;
      }
      for (let c = 0; c < 3; c++) {
        const muted = photograph ? grey + saturation * (photograph[at + c]! - grey) : 0;
        const below = paper + strength * (muted - paper);
        pixels[at + c] = (1 - alpha) * below + alpha * colors[color + c]!;
      }
      pixels[at + 3] = 255;
    }
    return pixels;
  }

  function format(value: number): string {
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(3);
    return String(Number(value.toPrecision(4)));
  }

  return { clamp, decodeBase64, decodeMap, compose, format };
}
