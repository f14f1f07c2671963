import { basename, dirname, extname, relative } from "node:path";

/**
 * A name for the output files of each path, such that no two share a file: the file's name without its extension
 * where that is enough, else with the extension, else with its folder. The names depend on nothing but the paths.
 */
export function uniqueNames(paths: readonly string[]): string[] {
  const levels = paths.map(() => 0);
  for (;;) {
    const names = paths.map((path, i) => nameAt(path, levels[i]!, i));
    const bad = clashing(names);
    if (bad.size === 0) return names;
    for (const i of bad) levels[i]!++;
  }
}

/** From the shortest name to one that holds the path's place in the list and is surely unique. */
function nameAt(path: string, level: number, place: number): string {
  const file = basename(path);
  const stem = basename(path, extname(path));
  const whole = relative("", path)
    .split(/[\\/]/)
    .filter((part) => part !== "..");
  const names = [stem, file, `${basename(dirname(path))}-${stem}`, whole.join("-")];
  return names[level] ?? `${whole.join("-")}~${place}${"~".repeat(level - names.length)}`;
}

/**
 * Places of names that another one shares, also on file systems that ignore case; or that look like another's sample
 * ("x-0") or rank ("x.top1").
 */
function clashing(names: readonly string[]): Set<number> {
  const places = new Map<string, number[]>();
  const keys = names.map((name) => name.toLowerCase());
  keys.forEach((key, i) => places.set(key, [...(places.get(key) ?? []), i]));
  const bad = new Set<number>();
  keys.forEach((key, i) => {
    const rankless = key.replace(/\.top\d$/, "");
    for (const like of new Set([key, rankless, rankless.replace(/-\d+$/, "")])) {
      const others = (places.get(like) ?? []).filter((other) => other !== i);
      for (const place of others.length > 0 ? [i, ...others] : []) bad.add(place);
    }
  });
  return bad;
}
