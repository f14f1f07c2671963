import { fromZeroToOne } from "./tests/confidence-change.js";
import { spearman } from "./statistics.js";
import type { Extent } from "./subject.js";
import type { Measure, Values } from "./test.js";

/** Side of the square window of {@link ssim}, unless the map is smaller. */
const usualWindow = 7;

/**
 * The mean structural similarity of two maps with values from 0 to 1, over all uniformly weighted square windows inside
 * the map,
 *
 *     (2 μₐμ_b + c₁)(2 σ_ab + c₂) / ((μₐ² + μ_b² + c₁)(σₐ² + σ_b² + c₂)),  c₁ = 0.01², c₂ = 0.03²
 *
 * @see Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to
 * structural similarity", IEEE TIP 13, 2004.
 */
export function ssim(a: Float32Array, b: Float32Array, { height, width }: Extent): number {
  const shorter = Math.min(height, width);
  const side = Math.min(usualWindow, shorter % 2 === 0 ? shorter - 1 : shorter);
  const area = side * side;
  const sums = [
    windowSums(a, b, { height, width, side }, (p) => p),
    windowSums(a, b, { height, width, side }, (_, q) => q),
    windowSums(a, b, { height, width, side }, (p) => p * p),
    windowSums(a, b, { height, width, side }, (_, q) => q * q),
    windowSums(a, b, { height, width, side }, (p, q) => p * q),
  ] as const;
  const [c1, c2] = [0.01 ** 2, 0.03 ** 2];
  // Sample variances, with the denominator n − 1.
  const unbiased = area > 1 ? area / (area - 1) : 1;
  let total = 0;
  for (let i = 0; i < sums[0].length; i++) {
    const [ma, mb, aa, bb, ab] = sums.map((sum) => sum[i]! / area) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const [va, vb, vab] = [aa - ma * ma, bb - mb * mb, ab - ma * mb].map((v) => v * unbiased) as [
      number,
      number,
      number,
    ];
    const likeness = (2 * ma * mb + c1) * (2 * vab + c2);
    total += likeness / ((ma * ma + mb * mb + c1) * (va + vb + c2));
  }
  return total / sums[0].length;
}

/** The sum of a product of the two maps over every window, by a summed-area table. */
function windowSums(
  a: Float32Array,
  b: Float32Array,
  { height, width, side }: { height: number; width: number; side: number },
  value: (p: number, q: number) => number,
): Float64Array {
  const stride = width + 1;
  const table = new Float64Array((height + 1) * stride);
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += value(a[y * width + x]!, b[y * width + x]!);
      table[(y + 1) * stride + x + 1] = table[y * stride + x + 1]! + row;
    }
  }
  const [rows, columns] = [height - side + 1, width - side + 1];
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const at = Math.floor(i / columns) * stride + (i % columns);
    const below = at + side * stride;
    return table[below + side]! - table[below]! - table[at + side]! + table[at]!;
  });
}

/** The measures of tests that compare two maps. */
export const similarityMeasures: readonly Measure[] = [
  { name: "spearman", title: "Spearman's rank correlation of the two maps", better: "lower" },
  {
    name: "ssim",
    title: "structural similarity (SSIM) of the two maps, each scaled to [0, 1]",
    better: "lower",
  },
];

/** The similarity of two maps of one image. */
export function similarity(
  a: Float32Array,
  b: Float32Array,
  extent: Extent,
  sign: "absolute" | "signed",
): Values {
  const [p, q] = sign === "absolute" ? [a.map(Math.abs), b.map(Math.abs)] : [a, b];
  return {
    spearman: [spearman(p, q)],
    ssim: [ssim(fromZeroToOne(p), fromZeroToOne(q), extent)],
  };
}
