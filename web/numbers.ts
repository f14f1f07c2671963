/** A number with four significant digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "not a number";
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(1) : value.toPrecision(4);
  return withMinus(text);
}

/** A number with these decimals. */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return "not a number";
  return withMinus(value.toFixed(decimals).replace(/^-(0\.?0*)$/, "$1"));
}

/** The same with an explicit sign. */
export function formatSigned(value: number, decimals: number): string {
  const text = formatFixed(value, decimals);
  return /[1-9]/.test(text) && value > 0 ? `+${text}` : text;
}

/** A number's text with the minus sign in place of the hyphen. */
export const withMinus = (text: string): string => text.replaceAll("-", "−");

/** Decimals that leave four significant digits of a score, for all numbers that are added up to it. */
export function decimalsOf(score: number): number {
  if (!Number.isFinite(score) || score === 0) return 3;
  return Math.min(9, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(score)))));
}

/**
 * Rounds numbers to decimals, up or down, so that the rounded ones add up to their rounded sum: the numbers with the
 * largest remainders are rounded up.
 */
export function roundToSum(values: readonly number[], decimals: number): number[] {
  if (!values.every(Number.isFinite)) return [...values];
  const unit = 10 ** decimals;
  const floors = values.map((value) => Math.floor(value * unit));
  const sum = values.reduce((a, b) => a + b, 0);
  const missing = Math.round(sum * unit) - floors.reduce((a, b) => a + b, 0);
  const order = values.map((_, i) => i);
  const remainder = (i: number): number => values[i]! * unit - floors[i]!;
  order.sort((a, b) => remainder(b) - remainder(a));
  for (const i of order.slice(0, Math.max(0, missing))) floors[i]!++;
  return floors.map((value) => value / unit);
}

export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

export function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}
