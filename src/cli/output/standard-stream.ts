import type { Writable } from "node:stream";

/**
 * Standard output or standard error. Where it cannot be written any more, the run goes on without it: results go to
 * files, and `fullgrad … | head` is no reason to leave them unfinished.
 */
export class StandardStream {
  private readonly stream: Writable;
  private isOpen = true;
  /** Something was lost that somebody would have read: the disk is full, say. A reader that went away is none. */
  failed = false;

  /** @param onFailure called once, with the reason */
  constructor(stream: Writable, onFailure: (reason: string) => void) {
    this.stream = stream;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      const isFirst = this.isOpen;
      this.isOpen = false;
      if (!isFirst || error.code === "EPIPE") return;
      this.failed = true;
      onFailure(error.message);
    });
  }

  write(text: string): void {
    if (this.isOpen) this.stream.write(text);
  }
}
