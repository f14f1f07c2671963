import { readFileSync } from "node:fs";

/** The entry of a test in allow-list.txt; its header explains the format. */
export interface Tags {
  readonly elements: boolean;
  readonly open: boolean;
  readonly rounded: boolean;
  readonly constant: readonly string[];
  readonly of: readonly string[] | undefined;
  /** By tag, why something cannot be asked of the test. */
  readonly excused: ReadonlyMap<Excuse, string>;
}

const excuses = ["no-vjp", "not-ort", "differs", "steep"] as const;
type Excuse = (typeof excuses)[number];

interface Line {
  readonly pattern: string;
  readonly matches: RegExp;
  readonly tags: Tags;
}

const folder = new URL("../../../fixtures/onnx-node/", import.meta.url);

function linesOf(file: string): string[][] {
  return readFileSync(new URL(file, folder), "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim().split(/\s+/))
    .filter(([first]) => first !== "");
}

/** The lines of allow-list.txt. The last line that matches a test applies. */
export function allowList(): readonly Line[] {
  return linesOf("allow-list.txt").map(([pattern = "", ...words]) => ({
    pattern,
    matches: new RegExp(`^${pattern.replaceAll("*", ".*")}$`),
    tags: tagsOf(pattern, words),
  }));
}

function tagsOf(pattern: string, words: readonly string[]): Tags {
  const flags = new Set<string>();
  const excused = new Map<Excuse, string>();
  const lists = new Map<string, readonly string[]>();
  words.forEach((word, i) => {
    if (excused.size > 0) return;
    const [tag = "", list] = word.split(":");
    const excuse = excuses.find((e) => e === tag);
    if (excuse) excused.set(excuse, words.slice(i + 1).join(" "));
    else if (list !== undefined && ["constant", "of"].includes(tag))
      lists.set(tag, list.split(","));
    else if (list === undefined && ["elements", "open", "rounded"].includes(tag)) flags.add(tag);
    else throw new Error(`allow-list.txt: "${word}" (${pattern}) is not a tag`);
  });
  return {
    elements: flags.has("elements"),
    open: flags.has("open"),
    rounded: flags.has("rounded"),
    constant: lists.get("constant") ?? [],
    of: lists.get("of"),
    excused,
  };
}

/** The lines of not-listed.txt: how many tests of an operator are not in the list, on purpose. */
export function notListed(): Record<string, number> {
  return Object.fromEntries(linesOf("not-listed.txt").map(([op, n]) => [op!, Number(n)]));
}
