import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fields, readJson, text, type Reader } from "../../files/json.js";
import { sha256 } from "../input/model-file.js";

/**
 * What runs have finished, one JSON object a line, added as soon as it is known: a run that is killed goes on from there,
 * and so may several at once. Lines of runs with other settings, lines that were cut off and lines of another form stay
 * and are passed over.
 */
export class Journal<T extends object> {
  private readonly path: string;
  private readonly run: string;
  private readonly keyOf: (entry: T) => string;
  private readonly known = new Map<string, T>();
  /** The file ends within a line. */
  private isOpen = false;

  /**
   * @param settings everything that all entries of a run depend on
   * @param reader of one entry
   * @param keyOf the key of an entry; a later entry replaces an earlier one with the same key
   */
  constructor(path: string, settings: unknown, reader: Reader<T>, keyOf: (entry: T) => string) {
    this.path = path;
    this.run = digestOf(JSON.stringify(settings));
    this.keyOf = keyOf;
    if (!existsSync(path)) return;
    const content = readFileSync(path, "utf8");
    this.isOpen = content !== "" && !content.endsWith("\n");
    for (const line of content.split("\n")) {
      const entry = this.entryIn(line, reader);
      if (entry !== undefined) this.known.set(keyOf(entry), entry);
    }
  }

  private entryIn(line: string, reader: Reader<T>): T | undefined {
    try {
      const { run } = readJson(line, fields({ run: text }), "");
      return run === this.run ? readJson(line, reader, "") : undefined;
    } catch {
      return undefined;
    }
  }

  find(key: string): T | undefined {
    return this.known.get(key);
  }

  add(entry: T): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const line = `${JSON.stringify({ run: this.run, ...entry })}\n`;
    const start = this.isOpen ? "\n" : "";
    // Where the disk is full, part of the line may be written.
    this.isOpen = true;
    appendFileSync(this.path, start + line);
    this.isOpen = false;
    this.known.set(this.keyOf(entry), entry);
  }
}

/** The start of a SHA-256: enough to tell some millions of things apart. */
export function digestOf(data: Uint8Array | string): string {
  return shortened(sha256(data));
}

/** As {@link digestOf}, of a SHA-256. */
export function shortened(hash: string): string {
  return hash.slice(0, 16);
}
