import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../errors.js";
import { inMemory, type Dataset, type Split } from "./dataset.js";

const shape = [3, 32, 32];
const pixelsEach = 3 * 32 * 32;

/**
 * Reads CIFAR-10 or CIFAR-100 in the binary version (A. Krizhevsky, "Learning multiple layers of features from tiny
 * images", 2009): records of one label byte (CIFAR-100: a coarse and a fine label) and 3072 bytes of red, green and
 * blue planes.
 *
 * @param names the folder's file names
 * @returns undefined if the folder does not contain these files
 */
export async function readCifar(
  folder: string,
  names: ReadonlySet<string>,
): Promise<Split | undefined> {
  const batches = [...names].filter((name) => /^data_batch_\d+\.bin$/.test(name)).sort();
  const read = (files: readonly string[], labels: number, classes: number): Promise<Dataset> =>
    readRecords(
      files.map((name) => join(folder, name)),
      labels,
      classes,
    );
  if (batches.length > 0 && names.has("test_batch.bin")) {
    return { train: await read(batches, 1, 10), test: await read(["test_batch.bin"], 1, 10) };
  }
  if (names.has("train.bin") && names.has("test.bin")) {
    return { train: await read(["train.bin"], 2, 100), test: await read(["test.bin"], 2, 100) };
  }
  return undefined;
}

/** @param labels number of label bytes per record; the last one is used */
async function readRecords(
  paths: readonly string[],
  labels: number,
  classes: number,
): Promise<Dataset> {
  const each = labels + pixelsEach;
  const files = await Promise.all(paths.map((path) => readFile(path)));
  files.forEach((bytes, i) => {
    if (bytes.length > 0 && bytes.length % each === 0) return;
    throw new InputError(
      `${paths[i]!} is truncated: ${bytes.length} bytes are not a multiple of the record size, ${each}`,
    );
  });
  const count = files.reduce((sum, bytes) => sum + bytes.length / each, 0);
  const pixels = new Uint8Array(count * pixelsEach);
  const classOf = new Uint8Array(count);
  let n = 0;
  for (const bytes of files) {
    for (let at = 0; at < bytes.length; at += each, n++) {
      classOf[n] = bytes[at + labels - 1]!;
      pixels.set(bytes.subarray(at + labels, at + each), n * pixelsEach);
    }
  }
  return inMemory(pixels, classOf, shape, classes, 1 / 255);
}
