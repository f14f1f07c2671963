import type { PortReport } from "../../runtime/inspection-report.js";
import { sliceBatch } from "../../tensor/batches.js";
import { InputError } from "../../errors.js";
import { decodeImage } from "../../image/codec.js";
import {
  pointInPicture,
  preprocessView,
  viewOf,
  type PointMap,
  type Preprocessing,
  type Size,
} from "../../image/preprocess.js";
import { groundOf, type PictureSize } from "../../draw/picture/picture-size.js";
import type { ViewFrame } from "../../draw/overlay.js";
import type { Raster } from "../../image/raster.js";
import type { Model } from "../../model/model.js";
import { isFloat, type DType } from "../../tensor/dtype.js";
import { decodeNpy } from "../../tensor/npy.js";
import type { Tensor } from "../../tensor/tensor.js";
import { isArrayFile } from "./inputs.js";

/** One input of the network. */
export interface InputSample {
  /** As image, [1,C,…spatial]; {@link Model.fromImage} makes the model's input of it. */
  readonly x: Tensor;
  /** Its place in a .npy file with several. */
  readonly index?: number;
  /** The picture as the network sees it; a .npy file has none. */
  readonly view?: Raster;
  /** The size of the picture as it is in the file, upright. */
  readonly size?: Size;
  /** The whole picture at the size at which a map is drawn on it. */
  readonly ground?: Raster;
}

/** Everything needed to read samples from files. */
export interface SampleReader {
  readonly model: Model;
  /** The model's input. */
  readonly port: PortReport;
  readonly preprocessing: Preprocessing;
  /** The largest picture that is decoded. */
  readonly maxPixels: number;
  /** The picture that maps are drawn on; default: the network's view. */
  readonly pictureSize?: PictureSize | undefined;
}

/**
 * The samples in the bytes of an image or a .npy file.
 *
 * @throws {InputError} if it cannot be read or does not fit the model
 */
export async function readSamples(
  bytes: Uint8Array,
  path: string,
  reader: SampleReader,
): Promise<InputSample[]> {
  if (isArrayFile(path)) return samplesOfArray(decodeNpy(bytes, path), path, reader);
  const { model, port, preprocessing, maxPixels, pictureSize = "input" } = reader;
  const settings = model.fit(preprocessing);
  const picture = await decodeImage(bytes, path, { maxPixels });
  const { width, height } = picture;
  const view = viewOf(picture, settings);
  const x = preprocessView(view, settings);
  checkShape(model.fromImage(x).dims, port, batchAxis(model), path);
  const ground = groundOf(picture, pictureSize);
  return [{ x, view, size: { width, height }, ...(ground ? { ground } : {}) }];
}

/** The rectangle of a sample's ground that the network sees. */
export function frameInGround(sample: InputSample, reader: SampleReader): ViewFrame | undefined {
  const { ground, view, size } = sample;
  if (!ground || !view || !size) return undefined;
  const inPicture = pointInSample(sample, reader);
  const [across, down] = [ground.width / size.width, ground.height / size.height];
  const [left, top] = inPicture(0, 0);
  const [right, bottom] = inPicture(view.width, view.height);
  return { left: left * across, top: top * down, right: right * across, bottom: bottom * down };
}

/** From a point of the network's input to the same one of the picture as it is in the file; of an array, itself. */
export function pointInSample(
  { size }: InputSample,
  { model, preprocessing }: SampleReader,
): PointMap {
  return size ? pointInPicture(size, model.fit(preprocessing)) : (x, y) => [x, y];
}

function samplesOfArray(array: Tensor, path: string, { model, port }: SampleReader): InputSample[] {
  const batch = batchAxis(model);
  const isSingle = batch !== undefined && array.dims.length === port.shape.length - 1;
  const dims = isSingle ? array.dims.toSpliced(batch, 0, 1) : array.dims;
  checkShape(dims, port, batch, path);
  checkType(array.dtype, port.dtype, model.takesBytes, path);
  const image = model.toImage({ ...array, dims });
  const count = image.dims[0]!;
  if (count === 1) return [{ x: image }];
  return Array.from({ length: count }, (_, index) => ({ x: sliceBatch(image, [index]), index }));
}

/** The axis of the samples; the first one where the layers do not say. */
const batchAxis = ({ imageAxes }: Model): number | undefined => (imageAxes ? imageAxes.batch : 0);

/** @param batch the axis of the samples; without one, several samples have it in front */
function checkShape(
  dims: readonly number[],
  { name, shape }: PortReport,
  batch: number | undefined,
  path: string,
): void {
  const isMore = batch === undefined && dims.length === shape.length + 1;
  const one = isMore ? dims.slice(1) : dims;
  const fits =
    one.length === shape.length &&
    dims.every((d) => d > 0) &&
    one.every((d, i) => i === batch || typeof shape[i] === "string" || shape[i] === d);
  if (fits) return;
  const of = (list: readonly (number | string)[]): string => `[${list.join(",")}]`;
  const all = batch === undefined ? shape : shape.with(batch, "N");
  const single = batch === undefined ? ["N", ...shape] : shape.toSpliced(batch, 1);
  const other = batch === undefined ? "for several samples" : "for a single sample";
  throw new InputError(
    `${path} gives ${of(dims)}, but input "${name}" takes ${of(all)}` +
      (isArrayFile(path) ? ` or, ${other}, ${of(single)}` : ""),
  );
}

/** Floats go into floats of any precision; integers into a float input are left for the user to scale. */
function checkType(from: DType, to: DType, isReal: boolean, path: string): void {
  if (from === to || (isReal && from !== "string") || (isFloat(from) && isFloat(to))) return;
  throw new InputError(`${path} holds ${from}, but the model takes ${to}; convert it first`);
}
