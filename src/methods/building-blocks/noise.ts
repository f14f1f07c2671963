import type { Sampler } from "../core/sampler.js";
import { number, whole } from "../core/settings.js";
import { random } from "../../tensor/random.js";
import { toNumbers } from "../../tensor/tensor.js";

/** The settings of a method that looks at noisy copies of the image. */
export const noiseSettings = {
  samples: whole(50, "noisy copies of the image", 1),
  noise: number(0.15, "standard deviation of the noise, as a fraction of the image's range", 0),
  seed: whole(0, "seed of the noise", 0, 2 ** 32 - 1),
};

/**
 * x + N(0, σ²) with σ = noise·(max x − min x) (Smilkov et al. 2017). Request the copies in order: their random numbers
 * are one stream.
 */
export function noisyCopies(
  sampler: Sampler,
  { noise, seed }: { readonly noise: number; readonly seed: number },
): () => Float32Array {
  const x = toNumbers(sampler.x);
  const sigma = noise * rangeOf(x);
  const numbers = random(seed);
  return () => {
    const copy = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) copy[i] = x[i]! + sigma * numbers.normal();
    return copy;
  };
}

/** Maximum minus minimum. */
export function rangeOf(x: ArrayLike<number>): number {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < x.length; i++) {
    least = Math.min(least, x[i]!);
    most = Math.max(most, x[i]!);
  }
  return most - least;
}
