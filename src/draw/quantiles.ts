/** The quantiles of a map that its scale runs between. */
export type Quantiles = readonly [from: number, to: number];

/**
 * Values at two quantiles (the nearest rank) of the finite numbers; 0 where there is none.
 *
 * Numbers are counted by the upper bits, and only those that share them with a quantile are sorted: of a map of 224 ×
 * 224, a tenth of the time that sorting all of them takes.
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
 * The upper bits of a float32, in the order of the numbers: of positive ones the sign is set, of negative ones
 * every bit is turned.
 */
function classOf(bits: number): number {
  return (bits >>> 31 === 0 ? bits | 0x80000000 : ~bits) >>> (32 - countedBits);
}
