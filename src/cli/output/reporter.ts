import { Pace } from "../pace.js";
import { oneLine, printable, printableJson } from "./printable.js";

/** Output streams of a run; main.ts connects them to the process, tests to strings. */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Standard error is a terminal, so that a progress bar makes sense. */
  readonly isTTY: boolean;
  /** Default: fullgrad.config.json in the working directory. */
  readonly configFile?: string;
  /** The arguments of the run, for reports; set by the command line. */
  readonly argv?: readonly string[];
  /** A clock in milliseconds, for rates; default: that of the process. */
  readonly now?: () => number;
  /** Registers `stop`, which is called once when the user interrupts; the process then goes on. */
  onInterrupt?(stop: () => void): void;
}

export interface ReporterOptions {
  /** Standard output is exactly one JSON document. */
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

  /** Prints a result as text, unless --json is set. */
  line(text: string): void {
    if (this.options.json) return;
    this.clear();
    this.io.stdout(`${printable(text)}\n`);
  }

  /** Prints a picture with terminal control sequences, unless --json is set. */
  terminalPicture(text: string): void {
    if (this.options.json) return;
    this.clear();
    this.io.stdout(`${text}\n`);
  }

  /** Prints the JSON document, if --json is set. Non-finite numbers become null. */
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

  /** Prints a note, unless --quiet is set. */
  note(text: string): void {
    if (this.options.quiet) return;
    this.clear();
    this.io.stderr(`${printable(text)}\n`);
  }

  /** Prints an error. */
  error(text: string): void {
    this.clear();
    this.io.stderr(`fullgrad: ${printable(text)}\n`);
  }

  /** Shows a progress bar on a terminal, if there is more than one step. */
  progress(done: number, total: number, current = "", isTimed = true): void {
    if (!this.io.isTTY || this.options.quiet || total < 2) return;
    const filled = Math.round((barWidth * done) / total);
    const bar = "#".repeat(filled).padEnd(barWidth, ".");
    const pace = isTimed ? this.paceOf(total).line(done, total) : "";
    const parts = [`${done}/${total}`, ...[pace, oneLine(current)].filter((part) => part !== "")];
    this.io.stderr(`${clearLine}[${bar}] ${parts.join("  ")}`);
    this.barIsShown = true;
  }

  /** Progress of files and of the steps of one file is timed separately. */
  private paceOf(total: number): Pace {
    const pace = this.paces.get(total) ?? new Pace(this.io.now);
    this.paces.set(total, pace);
    return pace;
  }

  /** Removes the progress bar. */
  clear(): void {
    if (this.barIsShown) this.io.stderr(clearLine);
    this.barIsShown = false;
  }
}
