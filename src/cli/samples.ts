import type { PortReport } from "../analyzer/report.js";
import { sliceBatch } from "../engine/batches.js";
import { InputError } from "../errors.js";
import { decodeImage } from "../image/codec.js";
import { preprocess, viewOf, type Preprocessing, type Size } from "../image/preprocess.js";
import type { Raster } from "../image/raster.js";
import type { Model } from "../model.js";
import { isFloat, type DType } from "../tensor/dtype.js";
import { decodeNpy } from "../tensor/npy.js";
import { fromNumbers, toNumbers, type Tensor } from "../tensor/tensor.js";
import { isArrayFile } from "./inputs.js";

/** One input of the network. */
export interface Sample {
  /** [1,C,H,W] in the model's dtype. */
  readonly x: Tensor;
  /** Its place in a .npy file with several. */
  readonly index?: number;
  /** The picture as the network sees it; a .npy file has none. */
  readonly view?: Raster;
  /** The size of the picture as it is in the file, upright. */
  readonly size?: Size;
}

/** What is needed to make samples of files. */
export interface SampleReader {
  readonly model: Model;
  /** The model's input. */
  readonly port: PortReport;
  readonly preprocessing: Preprocessing;
  /** The largest picture that is decoded. */
  readonly maxPixels: number;
}

/**
 * The samples in the bytes of an image or a .npy file.
 *
 * @throws {InputError} where it cannot be read or does not fit the model
 */
export async function readSamples(
  bytes: Uint8Array,
  path: string,
  reader: SampleReader,
): Promise<Sample[]> {
  if (isArrayFile(path)) return samplesOfArray(decodeNpy(bytes, path), path, reader.port);
  const { model, port, preprocessing, maxPixels } = reader;
  const settings = model.fit(preprocessing);
  const picture = await decodeImage(bytes, path, { maxPixels });
  const { width, height } = picture;
  const view = viewOf(picture, settings);
  // The view is resized and cropped already.
  const { resample, rescale, mean, std, channels } = settings;
  const x = preprocess(view, { resample, rescale, mean, std, channels });
  checkShape(x.dims, port, path);
  return [{ x: cast(x, port.dtype, path), view, size: { width, height } }];
}

function samplesOfArray(array: Tensor, path: string, port: PortReport): Sample[] {
  const isSingle = array.dims.length === port.shape.length - 1;
  const dims = isSingle ? [1, ...array.dims] : array.dims;
  checkShape(dims, port, path);
  const batch = cast({ ...array, dims }, port.dtype, path);
  const count = dims[0]!;
  if (count === 1) return [{ x: batch }];
  return Array.from({ length: count }, (_, index) => ({ x: sliceBatch(batch, [index]), index }));
}

function checkShape(dims: readonly number[], port: PortReport, path: string): void {
  const { shape } = port;
  const fits =
    dims.length === shape.length &&
    dims.every((d, i) => d > 0 && (i === 0 || typeof shape[i] === "string" || shape[i] === d));
  if (fits) return;
  const rest = shape.slice(1).join(",");
  throw new InputError(
    `${path} gives [${dims.join(",")}], but input "${port.name}" takes [N,${rest}]` +
      (isArrayFile(path) ? ` or, for a single sample, [${rest}]` : ""),
  );
}

/** The numbers in another float type; integers are left for the user to scale. */
function cast(x: Tensor, dtype: DType, path: string): Tensor {
  if (x.dtype === dtype) return x;
  if (isFloat(x.dtype) && isFloat(dtype)) return fromNumbers(dtype, x.dims, toNumbers(x));
  throw new InputError(`${path} holds ${x.dtype}, but the model takes ${dtype}; convert it first`);
}
