import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { InputError } from "../../errors.js";
import { decodeImage } from "../../image/codec.js";
import { pictureExtensions } from "../../image/formats/picture-file.js";
import { preprocess, presets, type Size } from "../../image/preprocess.js";
import { inMemory, type Dataset, type Split } from "./dataset.js";

/**
 * Reads pictures from train/CLASS/ and test/CLASS/, as torchvision's ImageFolder. The classes are the subfolders of
 * train in alphabetical order. All pictures are resized to `size`, or to the size of the first picture.
 *
 * @param names the folder's entries
 * @returns undefined if the folder does not contain train and test
 */
export async function readImageFolders(
  folder: string,
  names: ReadonlySet<string>,
  size?: Size,
): Promise<Split | undefined> {
  if (!names.has("train") || !names.has("test")) return undefined;
  const classes = await foldersIn(join(folder, "train"));
  if (classes.length < 2)
    throw new InputError(`${join(folder, "train")} must contain one folder per class`);
  const unknown = (await foldersIn(join(folder, "test"))).find((name) => !classes.includes(name));
  if (unknown !== undefined)
    throw new InputError(`${join(folder, "test", unknown)} is not a class in train`);
  const train = await filesIn(join(folder, "train"), classes);
  const fit = size ?? (await sizeOf(train[0]!.path));
  const test = await filesIn(join(folder, "test"), classes);
  return {
    train: await read(train, classes.length, fit),
    test: await read(test, classes.length, fit),
  };
}

interface LabelledFile {
  readonly path: string;
  readonly label: number;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((e) => e.isDirectory())
    .map((e) => e.name)
    .sort();
}

async function filesIn(folder: string, classes: readonly string[]): Promise<LabelledFile[]> {
  const lists = await Promise.all(
    classes.map(async (name, label) => {
      const inside = await readdir(join(folder, name)).catch(() => []);
      const files = inside
        .filter((file) => pictureExtensions.has(extname(file).toLowerCase()))
        .sort();
      return files.map((file) => ({ path: join(folder, name, file), label }));
    }),
  );
  const all = lists.flat();
  if (all.length === 0) throw new InputError(`${folder} contains no pictures in class folders`);
  return all;
}

async function sizeOf(path: string): Promise<Size> {
  const { width, height } = await decodeImage(await readFile(path), path);
  return { width, height };
}

async function read(files: readonly LabelledFile[], classes: number, size: Size): Promise<Dataset> {
  const each = 3 * size.height * size.width;
  const pixels = new Uint8Array(files.length * each);
  for (const [i, { path }] of files.entries()) {
    const raster = await decodeImage(await readFile(path), path);
    const { data } = preprocess(raster, { ...presets.none, resize: size, rescale: 1 });
    pixels.set(data.map(Math.round), i * each);
  }
  return inMemory(
    pixels,
    files.map((f) => f.label),
    [3, size.height, size.width],
    classes,
    1 / 255,
  );
}
