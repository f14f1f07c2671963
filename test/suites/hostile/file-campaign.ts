import { FullgradError } from "../../../src/errors.js";
import { Random } from "../../support/random.js";
import { peak, processorTime, type Crash, type Summary } from "./campaign.js";
import type { FileKind } from "./files.js";
import { mutateBytes } from "./mutate-bytes.js";
import { mutateJson } from "./mutate-json.js";
import { watch } from "./watchdog.js";

const hangSeconds = 30;

/** `count` mutants of files of these kinds in turn, numbered from `first`; each number always gives the same mutant. */
export async function fileCampaign(
  kinds: readonly FileKind[],
  count: number,
  first: number,
): Promise<Summary> {
  const outcomes = new Map<string, number>();
  const crashes: Crash[] = [];
  let slowest = { case: "", milliseconds: 0 };
  const [before, start] = [peak(), performance.now()];
  const dog = watch(hangSeconds);
  for (let number = first; number < first + count; number++) {
    const kind = kinds[number % kinds.length]!;
    const name = `case ${number} (${kind.name})`;
    const bytes = mutantOf(kind, new Random(Math.imul(number, 0x9e3779b1)));
    dog.begin(name);
    const begin = processorTime();
    let outcome = "read";
    try {
      await kind.read(bytes);
    } catch (error) {
      outcome = error instanceof FullgradError ? error.name : "any other error";
      if (!(error instanceof FullgradError)) {
        crashes.push({ case: name, error: error instanceof Error ? error.stack! : String(error) });
      }
    }
    const key = `${kind.name}: ${outcome}`;
    outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
    const milliseconds = processorTime() - begin;
    if (milliseconds > slowest.milliseconds) slowest = { case: name, milliseconds };
  }
  await dog.end();
  const seconds = (performance.now() - start) / 1000;
  return { cases: count, outcomes, crashes, seconds, slowest, megabytes: peak() - before };
}

function mutantOf({ seeds, isJson }: FileKind, random: Random): Uint8Array {
  const chosen = (): Uint8Array => seeds[random.integer(0, seeds.length - 1)]!;
  if (!isJson || random.uniform() < 0.3) return mutateBytes(chosen(), chosen(), random);
  return new TextEncoder().encode(mutateJson(new TextDecoder().decode(chosen()), random));
}
