import { readFileSync } from "node:fs";
import ts from "typescript";

const known = new Map<string, readonly string[]>();

/** What a source or built file imports, static and dynamic, as written. */
export function importsOf(file: string): readonly string[] {
  const found =
    known.get(file) ??
    ts.preProcessFile(readFileSync(file, "utf8")).importedFiles.map((f) => f.fileName);
  known.set(file, found);
  return found;
}
