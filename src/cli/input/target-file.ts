import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { InputError, UsageError } from "../../errors.js";
import { messageOf } from "../exit-codes.js";

/** The targets of each picture, by its path or file name, as they are written. */
export type TargetTable = ReadonlyMap<string, readonly string[]>;

/**
 * Reads lines `picture,target` or `picture,target,target`; a field with a comma stands in double quotes. A first line
 * that begins with "picture", "image", "file" or "path" is a heading.
 *
 * @throws {UsageError} if the file cannot be read, or a line has no target
 */
export async function readTargetFile(path: string): Promise<TargetTable> {
  try {
    return parseTargetFile(await readFile(path, "utf8"));
  } catch (error) {
    throw new UsageError(`--target-file ${path}: ${messageOf(error)}`, { cause: error });
  }
}

export function parseTargetFile(text: string): TargetTable {
  const table = new Map<string, string[]>();
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const [picture = "", ...targets] = fieldsOf(line);
    if (i === 0 && /^(picture|image|file|filename|path|input)$/i.test(picture)) continue;
    const named = targets.filter((target) => target !== "");
    if (picture === "" || named.length === 0) {
      throw new InputError(`line ${i + 1} must be PICTURE,TARGET, but is "${line}"`);
    }
    table.set(picture, [...(table.get(picture) ?? []), ...named]);
  }
  if (table.size === 0) throw new InputError("it has no line PICTURE,TARGET");
  return table;
}

/** The fields of a line of comma-separated values (RFC 4180). */
function fieldsOf(line: string): string[] {
  const fields = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? [];
  const values = fields.map((field) => field.replace(/,$/, "").trim());
  // The expression matches once more at the end of the line.
  if (!line.endsWith(",")) values.pop();
  return values.map((v) => (/^".*"$/.test(v) ? v.slice(1, -1).replaceAll('""', '"') : v));
}

/** @throws {InputError} if the file has no line for the picture */
export function targetsOfPicture(
  table: TargetTable,
  path: string,
  file: string,
): readonly string[] {
  const found = table.get(path) ?? table.get(basename(path));
  if (found) return found;
  throw new InputError(`${path}: --target-file ${file} has no line for it`);
}
