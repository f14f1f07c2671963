import { basename, dirname, extname, relative } from "node:path";
import { sha256 } from "./input/model-file.js";

/**
 * Unique names for the output files of each path: the first of its {@link nameCandidates} that
 * no other path has. The names depend on nothing but the paths.
 */
export function uniqueNames(paths: readonly string[]): string[] {
  const candidates = paths.map(nameCandidates);
  const levels = paths.map(() => 0);
  for (;;) {
    const names = candidates.map((list, i) => list[levels[i]!] ?? numbered(list, levels[i]!));
    const bad = clashing(names);
    if (bad.length === 0) return names;
    for (const i of bad) levels[i]!++;
  }
}

/**
 * Names for the output files of a path, the shortest first: the file's name without its extension, with it, with its
 * folder, its whole path, and that with a part of the path's hash. Long ones are shortened to what a file system takes.
 */
export function nameCandidates(path: string): readonly string[] {
  const file = basename(path);
  const stem = basename(path, extname(path));
  const whole = relative("", path)
    .split(/[\\/]/)
    .filter((part) => part !== "..")
    .join("-");
  const names = [stem, file, `${basename(dirname(path))}-${stem}`, whole];
  return [...names, `${whole}~${hashOf(path)}`].map((name) => clipped(name, path));
}

function numbered(candidates: readonly string[], level: number): string {
  return `${candidates.at(-1)!}${"~".repeat(level - candidates.length + 1)}`;
}

/** Bytes of a name: file systems take 255, "-1234567.top5.attribution.npy" comes behind. */
const mostBytes = 220;

function clipped(name: string, path: string): string {
  if (Buffer.byteLength(name) <= mostBytes) return name;
  let short = Buffer.from(name)
    .subarray(0, mostBytes - 10)
    .toString("utf8");
  // A character that was cut in two.
  short = short.replace(/\ufffd+$/, "");
  return `${short}~${hashOf(path)}`;
}

function hashOf(path: string): string {
  return sha256(path).slice(0, 8);
}

/**
 * Positions of names that another one shares, also on file systems that ignore case; or that look like another's sample
 * ("x-0") or rank ("x.top1").
 */
function clashing(names: readonly string[]): number[] {
  const keys = names.map((name) => name.toLowerCase());
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const bad = new Set<string>();
  for (const [key, count] of counts) {
    if (count > 1) bad.add(key);
    const rankless = key.replace(/\.top\d$/, "");
    for (const like of [rankless, rankless.replace(/-\d+$/, "")]) {
      if (like === key || !counts.has(like)) continue;
      bad.add(key);
      bad.add(like);
    }
  }
  return keys.flatMap((key, i) => (bad.has(key) ? [i] : []));
}
