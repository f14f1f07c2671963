/** The quantiles at the ends of a map's scale. */
export type Quantiles = readonly [from: number, to: number];

/**
 * Values at two quantiles (the nearest rank) of the finite numbers; 0 if there are none.
 *
 * Numbers are counted by their upper bits, and only those with the upper bits of a quantile are sorted: for a map of
 * 224 × 224 in a tenth of the time of a full sort.
 */
export function quantilesOf(values: Float32Array, quantiles: Quantiles): [number, number] {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const counts = new Uint32Array(classes);
  let total = 0;
  for (let i = 0; i < bits.length; i++) {
    if (!isFiniteOf(bits[i]!)) continue;
    counts[classOf(bits[i]!)]!++;
    total++;
  }
  const at = (quantile: number): number => {
    let rank = Math.round(quantile * (total - 1));
    let wanted = 0;
    while (wanted < counts.length - 1 && rank >= counts[wanted]!) rank -= counts[wanted++]!;
    const near = new Float32Array(counts[wanted]!);
    for (let i = 0, found = 0; found < near.length; i++) {
      if (classOf(bits[i]!) === wanted && isFiniteOf(bits[i]!)) near[found++] = values[i]!;
    }
    return near.sort()[rank] ?? 0;
  };
  return [at(quantiles[0]), at(quantiles[1])];
}

/** Bits by which numbers are counted: sign, exponent and the first five of the fraction. */
const countedBits = 14;
const classes = 2 ** countedBits;

/** Infinity and NaN have all bits of the exponent set. */
const isFiniteOf = (bits: number): boolean => (bits & 0x7f800000) !== 0x7f800000;

/**
 * The upper bits of a float32, ordered like the numbers: positive numbers get the sign bit set, negative ones all bits
 * inverted.
 */
function classOf(bits: number): number {
  return (bits >>> 31 === 0 ? bits | 0x80000000 : ~bits) >>> (32 - countedBits);
}
