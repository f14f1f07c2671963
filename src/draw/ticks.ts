/**
 * Round numbers from `low` to `high`, at most `most` of them: multiples of 1, 2 or 5 times a power of ten, and of no less
 * than `least`.
 */
export function roundTicks(low: number, high: number, most: number, least = 0): readonly number[] {
  if (!(high > low)) return Number.isFinite(low) ? [low] : [];
  const rough = Math.max((high - low) / most, least, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough * (1 - 1e-9)) ?? 10;
  const step = factor * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Counted in steps, so that 0.1 + 0.2 stays 0.3.
  return Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}
