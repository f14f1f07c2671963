#!/usr/bin/env node
import { constants } from "node:os";
import { exitCodes } from "./exit-codes.js";
import { run } from "./run.js";
import { StandardStream } from "./output/standard-stream.js";

// Results are written in one go between two steps of the program, and signals are handed out between steps. A command
// that can stop by itself does so at the first one; the second ends the process in any case.
let stop: (() => void) | undefined;
let interrupted: number | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    interrupted = 128 + constants.signals[signal];
    if (!stop) process.exit(interrupted);
    stop();
    stop = undefined;
  });
}

const stderr = new StandardStream(process.stderr, () => undefined);
const stdout = new StandardStream(process.stdout, (reason) => {
  stderr.write(`fullgrad: standard output cannot be written: ${reason}\n`);
  process.exitCode = exitCodes.failed;
});

const code = await run(process.argv.slice(2), {
  stdout: (text) => {
    stdout.write(text);
  },
  stderr: (text) => {
    stderr.write(text);
  },
  isTTY: process.stderr.isTTY,
  onInterrupt: (callback) => (stop = callback),
});
process.exitCode =
  interrupted ?? (code === exitCodes.done && stdout.failed ? exitCodes.failed : code);
