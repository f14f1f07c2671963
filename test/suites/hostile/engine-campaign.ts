import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeModel } from "../../../src/onnx/file/encode.js";
import { FullgradError } from "../../../src/errors.js";
import { mutant, type Crash } from "./campaign.js";
import type { Seed } from "./seeds.js";

/** The results of models that went through the engine in processes of their own. */
export interface EngineSummary {
  readonly cases: number;
  /** Stage and result, such as "explain: complete". */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Processes that ended, hung or threw an untyped error. */
  readonly crashes: readonly Crash[];
  /** Predictions that differ from ONNX Runtime's own run of the file. */
  readonly wrong: readonly Crash[];
  readonly seconds: number;
  readonly slowest: { readonly case: string; readonly milliseconds: number };
  /** Peak memory of a process. */
  readonly megabytes: number;
}

interface Answer {
  readonly found: readonly string[];
  readonly message: string;
  readonly megabytes: number;
}

/** Wall time after which a process is killed and its case counted as hung. */
const hangSeconds = 120;

/** Models that one process takes: its peak memory is that of a few of them. */
const eachProcess = 500;

const script = fileURLToPath(new URL("engine-process.mjs", import.meta.url));
const dist = fileURLToPath(new URL("../../../dist", import.meta.url));

/** `count` mutants, numbered from `first`, through `dist` and ONNX Runtime; no tensors beyond `maxMemory` bytes. */
export async function engineCampaign(
  seeds: readonly Seed[],
  count: number,
  first: number,
  maxMemory = 2 ** 28,
): Promise<EngineSummary> {
  const folder = mkdtempSync(join(tmpdir(), "fullgrad-engine-"));
  const outcomes = new Map<string, number>();
  const crashes: Crash[] = [];
  const wrong: Crash[] = [];
  let slowest = { case: "", milliseconds: 0 };
  let [megabytes, taken] = [0, 0];
  let child: ChildProcess | undefined;
  const start = performance.now();
  const say = (outcome: string): Map<string, number> =>
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  try {
    for (let number = first; number < first + count; number++) {
      const { name, model } = mutant(seeds, number);
      const bytes = bytesOf(model);
      if (!bytes) {
        say("cannot be encoded");
        continue;
      }
      if (child && taken >= eachProcess) {
        child.kill("SIGKILL");
        child = undefined;
      }
      if (!child) [child, taken] = [await started(folder, maxMemory), 0];
      taken++;
      const begin = performance.now();
      const answer = await ask(child, { number, bytes });
      const milliseconds = performance.now() - begin;
      if (milliseconds > slowest.milliseconds) slowest = { case: name, milliseconds };
      if (typeof answer === "string") {
        crashes.push({ case: name, error: answer });
        child = undefined;
        continue;
      }
      for (const outcome of answer.found) say(outcome);
      megabytes = Math.max(megabytes, answer.megabytes);
      if (answer.found.includes("untyped")) crashes.push({ case: name, error: answer.message });
      if (answer.found.includes("predict: DIFFERS")) {
        wrong.push({ case: name, error: answer.message });
      }
    }
  } finally {
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = (performance.now() - start) / 1000;
  return { cases: count, outcomes, crashes, wrong, seconds, slowest, megabytes };
}

/** Bytes of a mutant; undefined for fields that the format cannot hold. */
function bytesOf(model: ReturnType<typeof mutant>["model"]): Uint8Array | undefined {
  if (model instanceof Uint8Array) return model;
  try {
    return encodeModel(model);
  } catch (error) {
    if (
      error instanceof FullgradError ||
      error instanceof RangeError ||
      error instanceof TypeError
    ) {
      return undefined;
    }
    throw error;
  }
}

async function started(folder: string, maxMemory: number): Promise<ChildProcess> {
  const child = fork(script, [dist, folder, String(maxMemory)], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: [],
  });
  await once(child, "message");
  return child;
}

/** The answer, or how the process ended. */
function ask(child: ChildProcess, question: object): Promise<Answer | string> {
  return new Promise((resolve) => {
    const done = (answer: Answer | string): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      done(`no answer in ${hangSeconds} s`);
    }, 1000 * hangSeconds);
    child.once("message", (answer) => {
      done(answer as Answer);
    });
    child.once("exit", (code, signal) => {
      done(`the process ended: ${signal ?? `code ${code ?? 0}`}`);
    });
    child.send(question);
  });
}

/** The summary as text, for docs/robustness.md. */
export function describeEngineSummary(s: EngineSummary): string {
  const outcomes = [...s.outcomes].sort(([p], [q]) => (p < q ? -1 : 1));
  return [
    `${s.cases} mutants through the engine in ${s.seconds.toFixed(0)} s`,
    ...outcomes.map(([name, count]) => `  ${name.padEnd(48)} ${String(count).padStart(8)}`),
    `crashes, hangs and untyped errors ${s.crashes.length}, wrong outputs ${s.wrong.length}`,
    `largest time   ${s.slowest.milliseconds.toFixed(0)} ms, ${s.slowest.case}`,
    `largest memory ${s.megabytes.toFixed(0)} MiB`,
  ].join("\n");
}
