import { random, type Random } from "../../tensor/random.js";
import { withValues, type Dataset } from "./dataset.js";

/** A random change of training images, which keeps their class. */
export interface Augmentation {
  /** Name and settings, which a checkpoint must match. */
  readonly name: string;
  /** @param values an image of `shape` [C,H,W] */
  change(values: Float32Array, shape: readonly number[], numbers: Random): Float32Array;
}

/** The images of one epoch, changed at random: seed, epoch and index of an image determine its change. */
export function augmented(
  data: Dataset,
  augmentation: Augmentation,
  seed: number,
  epoch: number,
): Dataset {
  const start = seed ^ Math.imul(epoch + 1, 0x9e3779b1);
  return withValues(data, (values, i) =>
    augmentation.change(values, data.shape, random(start ^ Math.imul(i + 1, 0x85ebca6b))),
  );
}

/**
 * Mirrors every other image, and moves each by up to `reach` pixels along both axes; 0, the mean colour of normalized
 * images, moves in. The usual augmentation of CIFAR (He et al. 2016 pad by 4 pixels and crop).
 */
export function flipAndShift(reach = 4): Augmentation {
  return {
    name: `mirrored, moved by up to ${reach} pixels`,
    change: (values, shape, numbers) => {
      const [channels = 1, height = 1, width = 1] = shape;
      const isMirrored = numbers.uniform() < 0.5;
      const offset = (): number => Math.floor(numbers.uniform() * (2 * reach + 1)) - reach;
      const [down, right] = [offset(), offset()];
      const moved = new Float32Array(values.length);
      for (let row = 0; row < channels * height; row++) {
        const from = (row % height) + down;
        if (from < 0 || from >= height) continue;
        const start = (row + down) * width;
        for (let x = 0; x < width; x++) {
          const source = x + right;
          if (source < 0 || source >= width) continue;
          const target = isMirrored ? width - 1 - x : x;
          moved[row * width + target] = values[start + source]!;
        }
      }
      return moved;
    },
  };
}
