import { InputError } from "../../errors.js";
import { sizeOf } from "../../tensor/shape.js";
import { float32, int64, type Tensor } from "../../tensor/tensor.js";

/** One image and its class. */
export interface Sample {
  /** Network input, [C,H,W] float32. */
  readonly x: Tensor;
  readonly label: number;
}

/** A source of labelled images, read one at a time from memory, from disk, or generated on demand. */
export interface Dataset {
  readonly length: number;
  /** Shape of one image, [C,H,W]. */
  readonly shape: readonly number[];
  readonly classes: number;
  get(i: number): Sample | Promise<Sample>;
}

/** Training and test images from one source. */
export interface Split {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** Stacked samples. */
export interface Batch {
  /** [N,C,H,W] */
  readonly images: Tensor;
  /** [N] int64 */
  readonly labels: Tensor;
}

export async function gatherBatch(data: Dataset, indices: ArrayLike<number>): Promise<Batch> {
  const size = sizeOf(data.shape);
  const pixels = new Float32Array(indices.length * size);
  const labels: number[] = [];
  for (let n = 0; n < indices.length; n++) {
    const { x, label } = await data.get(indices[n]!);
    pixels.set(x.data as Float32Array, n * size);
    labels.push(label);
  }
  return { images: float32([indices.length, ...data.shape], pixels), labels: int64(labels) };
}

/**
 * Maximum number of classes; full ImageNet has 21,843. A corrupt label must not create a layer with a billion
 * outputs.
 */
const mostClasses = 100_000;

/** A data set in memory, as bytes or floats. `scale` multiplies the stored values: 1/255 maps bytes to [0, 1]. */
export function inMemory(
  pixels: Uint8Array | Float32Array,
  labels: ArrayLike<number>,
  shape: readonly number[],
  classes: number,
  scale = 1,
): Dataset {
  if (classes > mostClasses) {
    throw new InputError(`${classes} classes exceed the limit of ${mostClasses}`);
  }
  const size = sizeOf(shape);
  if (pixels.length !== size * labels.length) {
    throw new InputError(
      `${pixels.length} numbers do not match ${labels.length} images of shape [${shape.join(",")}]`,
    );
  }
  for (let i = 0; i < labels.length; i++) {
    if (!(Number.isInteger(labels[i]!) && labels[i]! >= 0 && labels[i]! < classes)) {
      throw new InputError(
        `image ${i} has the label ${labels[i]!}, but there are ${classes} classes`,
      );
    }
  }
  return {
    length: labels.length,
    shape,
    classes,
    get: (i) => {
      // A loop: Float32Array.from with a function takes ten times as long.
      const values = new Float32Array(size);
      for (let p = 0; p < size; p++) values[p] = pixels[i * size + p]! * scale;
      return { x: float32(shape, values), label: labels[i]! };
    },
  };
}

/** Mean and standard deviation of each channel over the whole data set. */
export async function channelStatistics(
  data: Dataset,
): Promise<{ mean: number[]; deviation: number[] }> {
  const [channels = 1, ...space] = data.shape;
  const area = sizeOf(space);
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) {
    const values = (await data.get(i)).x.data as Float32Array;
    for (let c = 0; c < channels; c++) {
      for (let p = c * area; p < (c + 1) * area; p++) {
        sums[c]! += values[p]!;
        squares[c]! += values[p]! ** 2;
      }
    }
  }
  const count = data.length * area;
  const mean = Array.from(sums, (s) => s / count);
  const deviation = mean.map((m, c) => Math.sqrt(Math.max(0, squares[c]! / count - m * m)));
  return { mean, deviation };
}

/** Normalizes each channel as (x − mean) / deviation. */
export function normalized(
  data: Dataset,
  mean: readonly number[],
  deviation: readonly number[],
): Dataset {
  const area = sizeOf(data.shape.slice(1));
  return withValues(data, (values) => {
    const result = new Float32Array(values.length);
    mean.forEach((centre, c) => {
      const scale = deviation[c]! || 1;
      for (let p = c * area; p < (c + 1) * area; p++) result[p] = (values[p]! - centre) / scale;
    });
    return result;
  });
}

/** The same images with other values. */
export function withValues(
  data: Dataset,
  change: (values: Float32Array, i: number) => Float32Array,
): Dataset {
  return {
    length: data.length,
    shape: data.shape,
    classes: data.classes,
    get: async (i) => {
      const { x, label } = await data.get(i);
      return { x: float32(x.dims, change(x.data as Float32Array, i)), label };
    },
  };
}

/** A subset of the images, in the order of `indices`. */
export function subset(data: Dataset, indices: readonly number[]): Dataset {
  return {
    length: indices.length,
    shape: data.shape,
    classes: data.classes,
    get: (i) => data.get(indices[i]!),
  };
}
