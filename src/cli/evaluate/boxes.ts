import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { UsageError } from "../../errors.js";
import type { Box } from "../../evaluate/subject.js";
import { pointInView, type Preprocessing, type Size } from "../../image/preprocess.js";
import { messageOf } from "../exit-codes.js";
import { sha256 } from "../model-file.js";

/** A box of an image in its own pixels, around an object of one class, or of any. */
interface NamedBox {
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
  readonly class?: number;
}

/** Boxes by the image's path or file name. */
export type BoxTable = ReadonlyMap<string, readonly NamedBox[]>;

/** @throws {UsageError} where the file cannot be read or is no table of boxes */
export async function readBoxes(
  path: string,
): Promise<{ readonly all: BoxTable; readonly sha256: string }> {
  try {
    const text = await readFile(path, "utf8");
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
    const all = new Map(entries.map(([name, boxes]) => [name, boxesFrom(name, boxes)]));
    return { all, sha256: sha256(text) };
  } catch (error) {
    const reason = error instanceof SyntaxError ? `it is not JSON: ${error.message}` : undefined;
    throw new UsageError(`--boxes ${path}: ${reason ?? messageOf(error)}`, { cause: error });
  }
}

function boxesFrom(name: string, boxes: unknown): readonly NamedBox[] {
  return (Array.isArray(boxes) ? boxes : [undefined]).map((entry: unknown) => {
    const named = Array.isArray(entry) ? { box: entry as unknown } : (entry as Partial<NamedBox>);
    if (isNamedBox(named)) return named;
    throw new UsageError(
      `"${name}" needs a list of [left, top, right, bottom] or {"box": [left, top, right, bottom], "class": N}`,
    );
  });
}

function isNamedBox(value: unknown): value is NamedBox {
  if (typeof value !== "object" || value === null || !("box" in value)) return false;
  const { box } = value;
  const isBox = Array.isArray(box) && box.length === 4 && box.every(Number.isFinite);
  return isBox && (!("class" in value) || Number.isInteger(value.class));
}

/** The boxes of an image for a class, as the network sees the picture; none where they are all cropped off. */
export function boxesInView(
  table: BoxTable,
  path: string,
  target: number,
  size: Size,
  preprocessing: Preprocessing,
): readonly Box[] {
  const named = table.get(path) ?? table.get(basename(path)) ?? [];
  const place = pointInView(size, preprocessing);
  const extent = preprocessing.crop;
  const [width, height] = extent ? [extent.width, extent.height] : place(size.width, size.height);
  return named
    .filter((box) => box.class === undefined || box.class === target)
    .map(({ box }) => {
      const [left, top] = place(box[0], box[1]);
      const [right, bottom] = place(box[2], box[3]);
      return { left, top, right, bottom };
    })
    .filter((b) => b.right > 0 && b.bottom > 0 && b.left < width && b.top < height);
}
