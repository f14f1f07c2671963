import { sizeOf } from "../../tensor/shape.js";
import { toNumbers } from "../../tensor/tensor.js";
import type { Image } from "../core/image.js";

/** White of the illuminant D65, and sRGB's primaries in CIE XYZ (IEC 61966-2-1). */
const white = [0.95047, 1, 1.08883] as const;
const toXyz = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
] as const;

/**
 * The colours of an image in CIE Lab, [channel][position], after the whole image is scaled to [0,1], as scikit-image's `slic`
 * does. An image of other than three channels has each of them as a lightness of 0 to 100.
 */
export function labOf(image: Image): readonly Float64Array[] {
  const { x, pixels } = image;
  const [values, area] = [toNumbers(x), sizeOf(x.dims.slice(2))];
  const channels = Array.from({ length: values.length / area }, (_, c) => {
    const [black, range] = pixels
      ? [pixels.black[c]!, pixels.white[c]! - pixels.black[c]!]
      : [0, 1];
    return Float64Array.from(
      { length: area },
      (_unused, p) => (values[c * area + p]! - black) / range,
    );
  });
  const least = Math.min(...channels.map((c) => c.reduce((p, v) => Math.min(p, v), Infinity)));
  const most = Math.max(...channels.map((c) => c.reduce((p, v) => Math.max(p, v), -Infinity)));
  const range = most - least || 1;
  const unit = channels.map((c) => c.map((v) => (v - least) / range));
  if (unit.length !== 3) return unit.map((c) => c.map((v) => 100 * v));
  const lab = [0, 1, 2].map(() => new Float64Array(area));
  for (let p = 0; p < area; p++) {
    const rgb = unit.map((c) => linear(c[p]!));
    const [fx, fy, fz] = toXyz.map((row, i) =>
      cubeRoot(row.reduce((sum, w, c) => sum + w * rgb[c]!, 0) / white[i]!),
    ) as [number, number, number];
    [lab[0]![p], lab[1]![p], lab[2]![p]] = [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
  }
  return lab;
}

/** sRGB's transfer function, undone. */
const linear = (v: number): number => (v > 0.04045 ? ((v + 0.055) / 1.055) ** 2.4 : v / 12.92);

/** CIE's cube root, a line near 0. */
const cubeRoot = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
