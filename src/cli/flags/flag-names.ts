import { renameOptions, type OptionWords } from "../../files/option-names.js";
import type { Note } from "../../methods/core/notes.js";

const flag =
  (name: string, argument?: string) =>
  (value = argument): string =>
    value === undefined ? `--${name}` : `--${name} ${value}`;

const flags: OptionWords = {
  backend: flag("backend"),
  batch: flag("batch"),
  feeds: (name = "NAME") => `--feed ${name}=FILE.npy`,
  gradient: flag("gradient"),
  input: flag("input-name"),
  labels: flag("labels", "FILE"),
  layout: flag("layout"),
  maxMemory: flag("max-memory"),
  method: flag("method"),
  output: flag("output"),
  preprocessing: flag("preprocess"),
  size: flag("size", "HxW"),
  straightThrough: flag("straight-through"),
  target: flag("target"),
};

/** A message of the library with flags in place of its options: "(option output: logits)" → "(--output logits)". */
export const withFlags = (message: string): string => renameOptions(message, flags);

export const noteWithFlags = (note: Note): Note => ({ ...note, message: withFlags(note.message) });

/** Plain data with flags in all of its texts. */
export function dataWithFlags<T>(data: T): T;
export function dataWithFlags(data: unknown): unknown {
  if (typeof data === "string") return withFlags(data);
  if (Array.isArray(data)) return data.map((one: unknown) => dataWithFlags(one));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, v]) => [key, dataWithFlags(v)]));
}
