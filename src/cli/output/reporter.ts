import { Pace } from "../pace.js";
import { oneLine, printable, printableJson } from "./printable.js";

/** Where a run writes to; main.ts connects it to the process, tests to strings. */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Standard error is a terminal, so that a progress bar makes sense. */
  readonly isTTY: boolean;
  /** A clock in milliseconds, for rates; default: that of the process. */
  readonly now?: () => number;
  /** Has `stop` called, once, where the user interrupts, instead of the end of the process. */
  onInterrupt?(stop: () => void): void;
}

export interface ReporterOptions {
  /** Standard output is one JSON document and nothing else. */
  readonly json: boolean;
  /** No progress and no notes. */
  readonly quiet: boolean;
}

const barWidth = 24;
const clearLine = "\r\x1b[K";

/** Results go to standard output, everything else to standard error. */
export class Reporter {
  private readonly io: Io;
  private readonly options: ReporterOptions;
  private barIsShown = false;
  private everyDocument: object = {};
  private readonly paces = new Map<number, Pace>();

  constructor(io: Io, options: ReporterOptions) {
    this.io = io;
    this.options = options;
  }

  /** A result for people to read; nothing with --json. */
  line(text: string): void {
    if (this.options.json) return;
    this.clear();
    this.io.stdout(`${printable(text)}\n`);
  }

  /** A picture as text with the terminal's own control sequences; nothing with --json. */
  terminalPicture(text: string): void {
    if (this.options.json) return;
    this.clear();
    this.io.stdout(`${text}\n`);
  }

  /** The one JSON document; nothing without --json. Numbers that are not finite become null. */
  document(value: object): void {
    if (!this.options.json) return;
    this.clear();
    const all = { ...value, ...this.everyDocument };
    this.io.stdout(`${printableJson(JSON.stringify(all, null, 2))}\n`);
  }

  /** Fields of the run itself, which the document has beside its own. */
  addToDocument(fields: object): void {
    this.everyDocument = { ...this.everyDocument, ...fields };
  }

  /** Something worth knowing; nothing with --quiet. */
  note(text: string): void {
    if (this.options.quiet) return;
    this.clear();
    this.io.stderr(`${printable(text)}\n`);
  }

  /** Something that went wrong. */
  error(text: string): void {
    this.clear();
    this.io.stderr(`fullgrad: ${printable(text)}\n`);
  }

  /** How far the run is; shown on a terminal, where there is more than one thing to do. */
  progress(done: number, total: number, current = "", isTimed = true): void {
    if (!this.io.isTTY || this.options.quiet || total < 2) return;
    const filled = Math.round((barWidth * done) / total);
    const bar = "#".repeat(filled).padEnd(barWidth, ".");
    const pace = isTimed ? this.paceOf(total).line(done, total) : "";
    const parts = [`${done}/${total}`, ...[pace, oneLine(current)].filter((part) => part !== "")];
    this.io.stderr(`${clearLine}[${bar}] ${parts.join("  ")}`);
    this.barIsShown = true;
  }

  /** Runs of different length go on beside each other: files, and the steps of one file. */
  private paceOf(total: number): Pace {
    const pace = this.paces.get(total) ?? new Pace(this.io.now);
    this.paces.set(total, pace);
    return pace;
  }

  /** Takes the progress bar away. */
  clear(): void {
    if (this.barIsShown) this.io.stderr(clearLine);
    this.barIsShown = false;
  }
}
