import { CommanderError } from "commander";
import { FullgradError, TargetError, UnsupportedModelError, UsageError } from "../errors.js";
import { InterruptedError } from "./interruption.js";
import { OutputError } from "./output/output-folder.js";

/** Exit codes of the process. */
export const exitCodes = {
  done: 0,
  /** Something failed while running: a file that cannot be read, an engine that gives up. */
  failed: 1,
  /** The command line is invalid for this model. */
  usage: 2,
  /** The model cannot be explained. */
  unexplainable: 3,
  /** The terms do not add up to the score. */
  incomplete: 4,
  /** The user interrupted (128 + SIGINT). */
  interrupted: 130,
} as const;

/** The model cannot be explained for a reason other than its operators. */
export class UnexplainableModelError extends FullgradError {}

/** The exit code of a run that ended with this error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  if (error instanceof UsageError || error instanceof TargetError) return exitCodes.usage;
  if (error instanceof UnsupportedModelError || error instanceof UnexplainableModelError) {
    return exitCodes.unexplainable;
  }
  return exitCodes.failed;
}

/** True for errors that concern the whole run: an interruption, an invalid command line, an unwritable folder. */
export function endsRun(error: unknown): boolean {
  const code = exitCodeOf(error);
  return (
    error instanceof InterruptedError ||
    error instanceof OutputError ||
    code === exitCodes.unexplainable ||
    (code === exitCodes.usage && !(error instanceof TargetError))
  );
}

/**
 * The error as the user should read it. Errors of ours and of the file system explain themselves; anything else is a
 * mistake in this program and comes with its stack.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof FullgradError || error instanceof InterruptedError) return error.message;
  if (isSystemError(error)) {
    if (error.code === "EISDIR") return "a folder stands where a file is needed";
    return error.code === "ENOENT" ? `${error.path ?? ""}: there is no such file` : error.message;
  }
  return `this should not have happened, please report it\n${error.stack ?? error.message}`;
}

function isSystemError(error: Error): error is NodeJS.ErrnoException {
  return "syscall" in error && "code" in error;
}
