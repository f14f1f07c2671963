import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { RunTime } from "../src/cli/output/cost.js";

/** Other people's code in a process of its own, which runs one task at a time: bench/reference.py. */
export interface Reference {
  readonly tasks: readonly string[];
  /** What could not be run, and why. */
  readonly missing: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string | null>>;
  run(task: string): Promise<RunTime>;
  stop(): void;
}

/** @param python an interpreter with torch and what else is to be measured */
export async function startReference(
  python: string,
  ...args: readonly string[]
): Promise<Reference> {
  const child = spawn(python, ["bench/reference.py", ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, OMP_NUM_THREADS: args[1] },
  });
  const lines: AsyncIterator<string, undefined> = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  const read = async <T>(): Promise<T> => {
    const line = await lines.next();
    if (line.done === true)
      throw new Error(`${python} bench/reference.py ${args.join(" ")} ended early`);
    return JSON.parse(line.value) as T;
  };
  const about = await read<Pick<Reference, "tasks" | "missing" | "versions">>();
  return {
    ...about,
    run: (task) => {
      child.stdin.write(`${task}\n`);
      return read<RunTime>();
    },
    stop: () => {
      child.stdin.end();
    },
  };
}
