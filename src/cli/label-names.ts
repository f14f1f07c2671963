import { InputError, TargetError } from "../errors.js";

/** Names of classes by number, and where they are from. */
export interface Labels {
  readonly source: string;
  readonly names: ReadonlyMap<number, string>;
}

/** Reads a JSON array, a JSON object by number (also one's "id2label"), or text with one label a line. */
export function parseLabels(text: string): ReadonlyMap<number, string> {
  const trimmed = text.trim();
  const entries = /^[[{]/.test(trimmed) ? entriesOf(parseJson(trimmed)) : linesOf(trimmed);
  if (entries.length === 0) throw new InputError("it holds no labels");
  return new Map(
    entries.map(([key, name]) => {
      if (!/^\d+$/.test(key)) throw new InputError(`"${key}" is not a class number`);
      if (typeof name !== "string") throw new InputError(`the label of class ${key} is not text`);
      return [Number(key), name];
    }),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`it is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function entriesOf(json: unknown): [string, unknown][] {
  if (typeof json !== "object" || json === null) throw new InputError("it holds no labels");
  return Object.entries("id2label" in json ? (json.id2label as object) : json);
}

function linesOf(text: string): [string, string][] {
  if (text === "") return [];
  return text.split(/\r?\n/).map((line, i) => [String(i), line.trim()]);
}

/**
 * The class that a label means: the one with exactly this label, whatever the case, else the only one that contains it.
 *
 * @throws {TargetError} where there is none or more than one; lists candidates
 */
export function findLabel(wanted: string, labels: Labels | undefined): number {
  if (!labels) {
    throw new TargetError(
      `--target ${wanted}: nothing is known of the classes' names; ` +
        "give a class number, top, top5, or the names with --labels FILE",
    );
  }
  const entries = Array.from(labels.names, ([index, name]) => ({
    index,
    name: name.toLowerCase(),
  }));
  const text = wanted.toLowerCase();
  const exact = entries.filter((e) => e.name === text);
  const found = exact.length > 0 ? exact : entries.filter((e) => e.name.includes(text));
  if (found.length === 1) return found[0]!.index;
  if (found.length === 0) {
    throw new TargetError(`--target ${wanted}: no label of ${labels.source} contains it`);
  }
  const listed = found.slice(0, maxListed).map((e) => `${e.index} ${labels.names.get(e.index)!}`);
  const more = found.length > maxListed ? ` and ${found.length - maxListed} more` : "";
  throw new TargetError(
    `--target ${wanted} could be any of ${listed.join(", ")}${more}; give the number or the whole label`,
  );
}

const maxListed = 12;
