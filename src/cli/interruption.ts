import type { Io } from "./output/reporter.js";

/** The user interrupted. */
export class InterruptedError extends Error {}

/** A signal that aborts when the user interrupts. */
export function interruption(io: Pick<Io, "onInterrupt">): AbortSignal {
  const control = new AbortController();
  io.onInterrupt?.(() => {
    control.abort(new InterruptedError("stopped; all written files are complete"));
  });
  return control.signal;
}
