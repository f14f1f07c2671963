import { sha256 } from "../input/model-file.js";

/** A run that a report says how to repeat. */
export interface Repeatable {
  /** Its command, for a shell. */
  readonly command: string;
}

/** The command of a run for a shell, without the output folder, which does not change a number. */
export function repeatableCommand(argv: readonly string[]): string {
  const words = argv.filter((word, i) => {
    const isOut = (one: string | undefined): boolean => one === "-o" || one === "--out";
    return !isOut(word) && !isOut(argv[i - 1]) && !/^--out=|^-o./.test(word);
  });
  return ["fullgrad", ...words.map(quoted)].join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * One hash for a set of files, whatever their names and order: that of the sorted hashes, a line each. In a shell:
 * `sha256sum FILES | cut -c1-64 | sort | sha256sum`.
 */
export function hashOfAll(hashes: readonly string[]): string {
  const lines = hashes.toSorted().map((hash) => `${hash}\n`);
  return sha256(lines.join(""));
}
