import { FullgradError } from "../../../src/errors.js";
import { Random } from "../../support/random.js";
import { runCases, type Summary } from "./campaign.js";
import type { FileKind } from "./files.js";
import { mutateBytes } from "./mutate-bytes.js";
import { mutateJson } from "./mutate-json.js";

/** `count` mutants of files of these kinds in turn, numbered from `first`; each number always gives the same mutant. */
export function fileCampaign(
  kinds: readonly FileKind[],
  count: number,
  first: number,
): Promise<Summary> {
  return runCases(count, first, (number) => {
    const kind = kinds[number % kinds.length]!;
    const bytes = mutantOf(kind, new Random(Math.imul(number, 0x9e3779b1)));
    return { name: `case ${number} (${kind.name})`, run: () => outcomeOf(kind, bytes) };
  });
}

/** "read", or the typed error. */
async function outcomeOf(kind: FileKind, bytes: Uint8Array): Promise<string> {
  try {
    await kind.read(bytes);
    return `${kind.name}: read`;
  } catch (error) {
    if (error instanceof FullgradError) return `${kind.name}: ${error.name}`;
    throw error;
  }
}

function mutantOf({ seeds, isJson }: FileKind, random: Random): Uint8Array {
  const chosen = (): Uint8Array => seeds[random.integer(0, seeds.length - 1)]!;
  if (!isJson || random.uniform() < 0.3) return mutateBytes(chosen(), chosen(), random);
  return new TextEncoder().encode(mutateJson(new TextDecoder().decode(chosen()), random));
}
