import type { ModelProto } from "../../../src/onnx/file/schema.js";
import { Random } from "../../support/random.js";
import { face } from "./face.js";
import { mutateBytes } from "./mutate-bytes.js";
import { mutateFields } from "./mutate-fields.js";
import type { Seed } from "./seeds.js";
import { watch } from "./watchdog.js";

/** A case with a forbidden result. */
export interface Crash {
  readonly case: string;
  readonly error: string;
}

/** The results of a campaign of mutations. */
export interface Summary {
  readonly cases: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly crashes: readonly Crash[];
  readonly seconds: number;
  readonly slowest: { readonly case: string; readonly milliseconds: number };
  /** Growth of the process's peak memory. */
  readonly megabytes: number;
}

/** Limit of CPU time per case (not wall time, because other tests run concurrently). */
export const longestSeconds = 5;
/** Limit of wall time, in seconds, after which the case is named and the process ends. */
const hangSeconds = 30;

/** `count` mutations of the seeds, numbered from `first`; each number always gives the same mutant. */
export function campaign(seeds: readonly Seed[], count: number, first: number): Promise<Summary> {
  return runCases(count, first, (number) => {
    const { name, model } = mutant(seeds, number);
    return { name, run: () => face(model) };
  });
}

/** Runs numbered cases. `run` returns the outcome of a case, and throws if the result is forbidden. */
export async function runCases(
  count: number,
  first: number,
  caseOf: (number: number) => { readonly name: string; readonly run: () => Promise<string> },
): Promise<Summary> {
  const outcomes = new Map<string, number>();
  const crashes: Crash[] = [];
  let slowest = { case: "", milliseconds: 0 };
  const before = peak();
  const start = performance.now();
  const dog = watch(hangSeconds);
  for (let number = first; number < first + count; number++) {
    const begin = processorTime();
    const { name, run } = caseOf(number);
    dog.begin(name);
    try {
      const outcome = await run();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      crashes.push({ case: name, error: error instanceof Error ? error.stack! : String(error) });
    }
    const milliseconds = processorTime() - begin;
    if (milliseconds > slowest.milliseconds) slowest = { case: name, milliseconds };
  }
  await dog.end();
  const seconds = (performance.now() - start) / 1000;
  return { cases: count, outcomes, crashes, seconds, slowest, megabytes: peak() - before };
}

/** Mutant number `number`: one seed with one or a few mutations of bytes or fields. */
export function mutant(
  seeds: readonly Seed[],
  number: number,
): { name: string; model: Uint8Array | ModelProto } {
  const random = new Random(Math.imul(number, 0x9e3779b1));
  const seed = chosen(seeds, random);
  const name = `case ${number} (${seed.name})`;
  if (random.uniform() < 0.2) {
    const other = chosen(seeds, random);
    return { name, model: mutateBytes(seed.bytes, other.bytes, random) };
  }
  let { model } = seed;
  const times = random.integer(1, 3);
  for (let i = 0; i < times; i++) model = mutateFields(model, seed.words, random);
  return { name, model };
}

/** Chooses networks, which are few and come first, more often than single operators. */
function chosen(seeds: readonly Seed[], random: Random): Seed {
  const last = random.uniform() < 0.15 ? 9 : seeds.length - 1;
  return seeds[random.integer(0, last)]!;
}

/** CPU time of this process in milliseconds. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Peak memory of the process in megabytes. */
export function peak(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** The summary as text, for docs/robustness.md. */
export function describeSummary(s: Summary): string {
  const outcomes = [...s.outcomes].sort(([, p], [, q]) => q - p);
  return [
    `${s.cases} mutations in ${s.seconds.toFixed(0)} s`,
    ...outcomes.map(([name, count]) => `  ${name.padEnd(36)} ${String(count).padStart(8)}`),
    `  ${"any other error".padEnd(36)} ${String(s.crashes.length).padStart(8)}`,
    `largest time   ${s.slowest.milliseconds.toFixed(0)} ms, ${s.slowest.case}`,
    `largest memory ${s.megabytes.toFixed(0)} MiB above the start`,
  ].join("\n");
}
