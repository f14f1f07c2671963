import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { SampleRecord } from "../../evaluate/run.js";
import { sha256 } from "../model-file.js";

/** A line of the journal. */
interface Line extends SampleRecord {
  /** Of the settings. */
  readonly run: string;
  /** Of the image's content. */
  readonly input: string;
}

/**
 * What is finished, one JSON object a line, added as soon as it is known: a run that is killed goes on from there. Lines
 * of runs with other settings stay and are passed over, and so is a last line that was cut off.
 */
export class Journal {
  private readonly path: string;
  private readonly run: string;
  private readonly finished = new Map<string, SampleRecord>();

  /** @param settings everything that a result depends on, but the image and the method */
  constructor(path: string, settings: unknown) {
    this.path = path;
    this.run = digest(JSON.stringify(settings));
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    for (const line of text.split("\n")) {
      const { run, input, ...record } = parse(line) ?? {};
      if (run !== this.run || input === undefined) continue;
      this.finished.set(keyOf(input, record as SampleRecord), record as SampleRecord);
    }
    if (text !== "" && !text.endsWith("\n")) appendFileSync(path, "\n");
  }

  find(input: string, sample: string, method: string): SampleRecord | undefined {
    return this.finished.get(keyOf(input, { sample, method }));
  }

  add(input: string, record: SampleRecord): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const line: Line = { run: this.run, input, ...record };
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
    this.finished.set(keyOf(input, record), record);
  }
}

/** The start of a SHA-256: enough to tell some millions of things apart. */
export function digest(data: Uint8Array | string): string {
  return sha256(data).slice(0, 16);
}

function keyOf(input: string, { sample, method }: Pick<SampleRecord, "sample" | "method">): string {
  return JSON.stringify([input, sample, method]);
}

function parse(line: string): Partial<Line> | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
