import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { UsageError } from "../../errors.js";
import type { ObjectBox } from "../../evaluate/subject.js";
import {
  anything,
  count,
  fields,
  list,
  readJson,
  record,
  simple,
  type Reader,
} from "../../files/json.js";
import { pointInView, type Preprocessing, type Size } from "../../image/preprocess.js";
import { messageOf } from "../exit-codes.js";
import { sha256 } from "../input/model-file.js";

/** A box of an image in its own pixels, around an object of one class, or of any. */
interface NamedBox {
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
  readonly class?: number;
}

/** Boxes by the image's path or file name. */
export type BoxTable = ReadonlyMap<string, readonly NamedBox[]>;

/** @throws {UsageError} if the file cannot be read or is not a table of boxes */
export async function readBoxes(
  path: string,
): Promise<{ readonly all: BoxTable; readonly sha256: string }> {
  try {
    const content = await readFile(path, "utf8");
    const entries = Object.entries(readJson(content, record(anything), "the file"));
    const all = new Map(entries.map(([name, boxes]) => [name, boxesFrom(name, boxes)]));
    return { all, sha256: sha256(content) };
  } catch (error) {
    throw new UsageError(`--boxes ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function boxesFrom(name: string, boxes: unknown): readonly NamedBox[] {
  try {
    return list(namedBox)(boxes);
  } catch (error) {
    throw new UsageError(
      `"${name}" needs a list of [left, top, right, bottom] or {"box": [left, top, right, bottom], "class": N}`,
      { cause: error },
    );
  }
}

const corners = simple("four numbers", (value): value is NamedBox["box"] => {
  return Array.isArray(value) && value.length === 4 && value.every(Number.isFinite);
});

const namedBox: Reader<NamedBox> = (value) =>
  Array.isArray(value)
    ? { box: corners(value) }
    : fields({ box: corners }, { class: count })(value);

/** The boxes of an image for a class, as the network sees the picture; none if they are all cropped off. */
export function boxesInView(
  table: BoxTable,
  path: string,
  target: number,
  size: Size,
  preprocessing: Preprocessing,
): readonly ObjectBox[] {
  const named = table.get(path) ?? table.get(basename(path)) ?? [];
  const place = pointInView(size, preprocessing);
  const extent = preprocessing.crop;
  const [width, height] = extent ? [extent.width, extent.height] : place(size.width, size.height);
  return named
    .filter((one) => one.class === undefined || one.class === target)
    .map(({ box }) => {
      const [left, top] = place(box[0], box[1]);
      const [right, bottom] = place(box[2], box[3]);
      return { left, top, right, bottom };
    })
    .filter((b) => b.right > 0 && b.bottom > 0 && b.left < width && b.top < height);
}
