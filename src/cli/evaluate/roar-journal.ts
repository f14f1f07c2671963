import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RoarKeeper, RoarKey, RoarRun } from "../../evaluate/roar.js";
import { checkpointFile } from "../../train/checkpoint-file.js";
import { digest } from "./journal.js";

/**
 * What is finished, one JSON object a line in roar.runs.jsonl, and checkpoints of what is not. Lines and checkpoints of
 * other settings stay and are passed over.
 *
 * @param settings everything that a result depends on, but method, fraction and seed
 */
export function roarJournal(folder: string, settings: unknown): RoarKeeper {
  const path = join(folder, "roar.runs.jsonl");
  const run = digest(JSON.stringify(settings));
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const finished = new Map<string, RoarRun>();
  for (const line of text.split("\n")) {
    const { run: of, ...found } = parse(line);
    if (of === run) finished.set(keyOf(found as RoarRun), found as RoarRun);
  }
  // A last line that was cut off is passed over, and stays by itself.
  if (text !== "" && !text.endsWith("\n")) appendFileSync(path, "\n");
  return {
    find: (key) => finished.get(keyOf(key)),
    add: (result) => {
      mkdirSync(folder, { recursive: true });
      appendFileSync(path, `${JSON.stringify({ run, ...result })}\n`);
      finished.set(keyOf(result), result);
    },
    checkpoint: (name) =>
      checkpointFile(join(folder, "checkpoints", `${digest(run + name)}.safetensors`)),
  };
}

function keyOf({ method, fraction, seed }: RoarKey): string {
  return JSON.stringify([method, fraction, seed]);
}

function parse(line: string): Partial<RoarRun> & { readonly run?: string } {
  try {
    return JSON.parse(line) as RoarRun;
  } catch {
    return {};
  }
}
