import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { decodeNpy } from "../tensor/npy.js";
import { toNumbers } from "../tensor/tensor.js";
import { inMemory, type Dataset, type Split } from "./dataset.js";

const files = ["train.images.npy", "train.labels.npy", "test.images.npy", "test.labels.npy"];

/**
 * Images and labels as numpy arrays: PART.images.npy [N,C,H,W], bytes or floats, and PART.labels.npy [N], for the parts
 * train and test. Bytes become values in [0, 1].
 *
 * @param names the files of the folder
 * @returns undefined where the folder does not have them
 */
export async function readArrayPairs(
  folder: string,
  names: ReadonlySet<string>,
): Promise<Split | undefined> {
  if (!files.every((name) => names.has(name))) return undefined;
  const [x, y, testX, testY] = await Promise.all(
    files.map(async (name) => decodeNpy(await readFile(join(folder, name)), join(folder, name))),
  );
  const classes = 1 + Math.max(...Array.from(toNumbers(y!)), ...Array.from(toNumbers(testY!)));
  const part = (images: typeof x, labels: typeof y, name: string): Dataset => {
    const [, ...shape] = images!.dims;
    if (shape.length !== 3) {
      throw new InputError(`${join(folder, name)} is [${images!.dims.join(",")}], not [N,C,H,W]`);
    }
    const isBytes = images!.dtype === "uint8";
    const pixels = isBytes ? (images!.data as Uint8Array) : Float32Array.from(toNumbers(images!));
    return inMemory(pixels, toNumbers(labels!), shape, classes, isBytes ? 1 / 255 : 1);
  };
  return { train: part(x, y, files[0]!), test: part(testX, testY, files[2]!) };
}
