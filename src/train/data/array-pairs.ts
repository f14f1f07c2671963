import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../errors.js";
import { decodeNpy } from "../../tensor/npy.js";
import { toNumbers } from "../../tensor/tensor.js";
import { inMemory, type Dataset, type Split } from "./dataset.js";

const files = ["train.images.npy", "train.labels.npy", "test.images.npy", "test.labels.npy"];

/**
 * Reads images and labels from numpy arrays: PART.images.npy [N,C,H,W], bytes or floats, and PART.labels.npy [N], for
 * PART train and test. Bytes are scaled to [0, 1].
 *
 * @param names the folder's file names
 * @returns undefined if the folder does not contain these files
 */
export async function readArrayPairs(
  folder: string,
  names: ReadonlySet<string>,
): Promise<Split | undefined> {
  if (!files.every((name) => names.has(name))) return undefined;
  const [x, y, testX, testY] = await Promise.all(
    files.map(async (name) => decodeNpy(await readFile(join(folder, name)), join(folder, name))),
  );
  const classes = 1 + [y!, testY!].reduce((most, part) => largest(toNumbers(part), most), -1);
  const part = (images: typeof x, labels: typeof y, name: string): Dataset => {
    const [, ...shape] = images!.dims;
    if (shape.length !== 3) {
      throw new InputError(`${join(folder, name)} is [${images!.dims.join(",")}], not [N,C,H,W]`);
    }
    const isBytes = images!.dtype === "uint8";
    const pixels = isBytes ? (images!.data as Uint8Array) : Float32Array.from(toNumbers(images!));
    if (!isBytes) checkFinite(pixels, join(folder, name));
    return inMemory(pixels, toNumbers(labels!), shape, classes, isBytes ? 1 / 255 : 1);
  };
  return { train: part(x, y, files[0]!), test: part(testX, testY, files[2]!) };
}

function largest(values: ArrayLike<number>, least: number): number {
  let most = least;
  for (let i = 0; i < values.length; i++) if (values[i]! > most) most = values[i]!;
  return most;
}

/** @throws {InputError} if a value is NaN or infinite */
function checkFinite(values: ArrayLike<number>, path: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!))
      throw new InputError(`${path} contains the non-finite value ${values[i]!}`);
  }
}
