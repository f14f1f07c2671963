import { basename, dirname } from "node:path";
import { UsageError } from "../../errors.js";
import type { Labels } from "../../model/label-names.js";

/** The class of an image by its path. */
export type ClassOf = (path: string) => number;

/**
 * The classes that the folders of images stand for, as torchvision's ImageFolder has them: one folder for each class. A
 * folder is named by the class's number or by its label; where no folder is, and there is one for every class, they
 * are numbered in alphabetical order.
 *
 * @throws {UsageError} if the class of a folder is ambiguous
 */
export function classesOfFolders(
  paths: readonly string[],
  labels: Labels | undefined,
  classes: number,
): ClassOf {
  const names = [...new Set(paths.map(folderOf))].sort();
  const byLabel = new Map<string, number>();
  for (const [index, label] of labels?.names ?? []) byLabel.set(label.toLowerCase(), index);
  const named = names.map((name) => {
    const number = /^\d+$/.test(name) ? Number(name) : byLabel.get(name.toLowerCase());
    return number !== undefined && number < classes ? number : undefined;
  });
  const inOrder = named.every((n) => n === undefined) && names.length === classes;
  const missing = names.filter((_, i) => named[i] === undefined);
  if (missing.length > 0 && !inOrder) {
    throw new UsageError(
      `--target folder: folder "${missing[0]!}" is no class; name folders by class number or label, ` +
        `or give one for each of the ${classes} classes, in the classes' order`,
    );
  }
  const numbers = new Map(names.map((name, i) => [name, inOrder ? i : named[i]!]));
  return (path) => numbers.get(folderOf(path))!;
}

function folderOf(path: string): string {
  return basename(dirname(path));
}
