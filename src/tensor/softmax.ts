/** exp(vᵢ − max v) / Σ exp(v − max v), in double precision. */
export function softmax(values: readonly number[]): number[] {
  const most = values.reduce((p, v) => Math.max(p, v), -Infinity);
  const powers = values.map((v) => Math.exp(v - most));
  const total = powers.reduce((sum, p) => sum + p, 0);
  return powers.map((p) => p / total);
}
