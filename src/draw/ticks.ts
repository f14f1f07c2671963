/**
 * Tick positions from `low` to `high`: at most `most` multiples of 1, 2 or 5 times a power of ten, with a step of at
 * least `least`.
 */
export function roundTicks(low: number, high: number, most: number, least = 0): readonly number[] {
  if (!(high > low)) return Number.isFinite(low) ? [low] : [];
  const rough = Math.max((high - low) / most, least, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough * (1 - 1e-9)) ?? 10;
  const step = factor * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiply whole steps, so that rounding errors do not accumulate.
  return Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}
