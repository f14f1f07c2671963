import { InputError, TargetError } from "../errors.js";
import { didYouMean } from "../files/nearest-names.js";
import { anything, either, list, readJson, readValue, record } from "../files/json.js";

/** Class names by number, with their origin. */
export interface Labels {
  readonly source: string;
  readonly names: ReadonlyMap<number, string>;
}

/** Names in order, or by number. */
const names = either(list(anything), record(anything));

/**
 * Reads class names from a JSON array, a JSON object by number (or its "id2label"), or text with one label per line. A
 * label in JSON may be a list that ends with it: ["n01440764", "tench"].
 *
 * @throws {InputError} if the text has another format
 */
export function parseLabels(content: string): ReadonlyMap<number, string> {
  const trimmed = content.trim();
  const entries = /^[[{]/.test(trimmed) ? entriesOf(trimmed) : linesOf(trimmed);
  if (entries.length === 0) throw new InputError("it holds no labels");
  return new Map(
    entries.map(([key, name]) => {
      if (!/^\d{1,9}$/.test(key)) throw new InputError(`"${key}" is not a class number`);
      // Keras's imagenet_class_index.json has ["n01440764", "tench"].
      const label = Array.isArray(name) ? (name.at(-1) as unknown) : name;
      if (typeof label !== "string") throw new InputError(`the label of class ${key} is not text`);
      return [Number(key), label];
    }),
  );
}

function entriesOf(json: string): [string, unknown][] {
  const read = readJson(json, names, "the file");
  if (!("id2label" in read)) return Object.entries(read);
  return Object.entries(readValue(read.id2label, names, '"id2label"'));
}

function linesOf(content: string): [string, unknown][] {
  if (content === "") return [];
  return content.split(/\r?\n/).map((line, i) => [String(i), line.trim()]);
}

/**
 * The class of a label, ignoring case: the one with exactly this label, else the only one that contains it.
 *
 * @throws {TargetError} if no class or more than one matches; lists candidates
 */
export function findLabel(wanted: string, labels: Labels | undefined): number {
  if (!labels) {
    throw new TargetError(
      `--target ${wanted}: class names are unknown; ` +
        "give a class number, top, top5, or the names with --labels FILE",
    );
  }
  const entries = Array.from(labels.names, ([index, name]) => ({
    index,
    name: name.toLowerCase(),
  }));
  const sought = wanted.toLowerCase();
  const exact = entries.filter((e) => e.name === sought);
  const found = exact.length > 0 ? exact : entries.filter((e) => e.name.includes(sought));
  if (found.length === 1) return found[0]!.index;
  if (found.length === 0) {
    const near = didYouMean(wanted, labels.names.values());
    throw new TargetError(`--target ${wanted}: no label of ${labels.source} contains it${near}`);
  }
  const listed = found.slice(0, maxListed).map((e) => `${e.index} ${labels.names.get(e.index)!}`);
  const more = found.length > maxListed ? ` and ${found.length - maxListed} more` : "";
  throw new TargetError(
    `--target ${wanted} could be any of ${listed.join(", ")}${more}; give the number or the whole label`,
  );
}

const maxListed = 12;
