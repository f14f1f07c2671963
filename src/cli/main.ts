#!/usr/bin/env node
import { constants } from "node:os";
import { exitCodes } from "./exit-codes.js";
import { run } from "./run.js";

// Results are written in one go between two steps of the program, and signals are handed out between steps. A command
// that can stop by itself does so at the first one; the second ends the process in any case.
let stop: (() => void) | undefined;
let interrupted: number | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    interrupted = 128 + constants.signals[signal];
    if (!stop) process.exit(interrupted);
    stop();
    stop = undefined;
  });
}
// `fullgrad … | head` closes the pipe: there is nobody left to tell.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? exitCodes.done : exitCodes.failed);
});

const code = await run(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  isTTY: process.stderr.isTTY,
  onInterrupt: (callback) => (stop = callback),
});
process.exitCode = interrupted ?? code;
