import { readFileSync } from "node:fs";
import ts from "typescript";

/** What a source or built file imports, static and dynamic, as written. */
export function importsOf(file: string): string[] {
  return ts.preProcessFile(readFileSync(file, "utf8")).importedFiles.map((f) => f.fileName);
}
