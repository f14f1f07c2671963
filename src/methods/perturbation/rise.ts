import { samplingMethod } from "../core/method.js";
import { number, whole } from "../core/settings.js";
import { random, type Random } from "../../tensor/random.js";
import { sizeOf } from "../../tensor/shape.js";
import { float32, toNumbers } from "../../tensor/tensor.js";
import { maskedImage } from "../building-blocks/masked-image.js";
import { stretch } from "../building-blocks/stretch.js";

/**
 * RISE: S = Σ f(x ⊙ M) M / (p·n) over n random masks M, grids of ones with probability p, upsampled linearly to
 * slightly more than the image and cropped at a random offset (Petsiuk et al. 2018, eq. 6). In the paper f is a
 * probability; a score of both signs needs more masks for the mean to converge.
 */
export const rise = samplingMethod({
  name: "rise",
  title: "RISE",
  paper: "Petsiuk, Das and Saenko, RISE: Randomized Input Sampling for Explanation, BMVC 2018",
  signed: false,
  attributes: "map",
  gradientFree: true,
  settings: {
    masks: whole(1000, "random masks; the paper uses 4000 to 8000", 1),
    grid: whole(7, "cells of a mask along each side", 1),
    keep: number(0.5, "probability that a cell is kept", 0.01, 1),
    seed: whole(0, "seed of the masks", 0, 2 ** 32 - 1),
  },
  async sample(sampler, { masks: count, grid, keep, seed }) {
    const size = sampler.mapDims.slice(2);
    const area = sizeOf(size);
    const x = toNumbers(sampler.x);
    const numbers = random(seed);
    // Drawn in order, so that the random numbers form one stream; kept until the score is known.
    const waiting = new Map<number, Float64Array>();
    const variant = (i: number): Float32Array => {
      const mask = maskOf(numbers, size, grid, keep);
      waiting.set(i, mask);
      return maskedImage(x, mask);
    };
    const sum = new Float64Array(area);
    for await (const { index, score } of sampler.scores(count, variant)) {
      const mask = waiting.get(index)!;
      waiting.delete(index);
      for (let p = 0; p < area; p++) sum[p]! += score * mask[p]!;
    }
    return {
      map: float32(
        sampler.mapDims,
        sum.map((s) => s / (count * keep)),
      ),
    };
  },
});

/**
 * A mask over the image: a grid of 0 and 1, one cell larger than the image on each side, cropped at a random offset.
 */
function maskOf(
  numbers: Random,
  size: readonly number[],
  grid: number,
  keep: number,
): Float64Array {
  const cells = size.map(() => grid);
  const cell = size.map((extent) => Math.ceil(extent / grid));
  const values = Float64Array.from({ length: sizeOf(cells) }, () =>
    numbers.uniform() < keep ? 1 : 0,
  );
  const large = size.map((_, axis) => (grid + 1) * cell[axis]!);
  const start = cell.map((extent) => Math.floor(numbers.uniform() * extent));
  return stretch(values, cells, large, { start, size });
}
