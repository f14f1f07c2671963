import { join } from "node:path";
import type { RoarKeeper, RoarKey, RoarRun } from "../../evaluate/tests/roar.js";
import { fields, finite, integer, number, oneOf, text, type Reader } from "../../files/json.js";
import { checkpointFile } from "../../train/checkpoint-file.js";
import { digestOf, Journal } from "../output/journal.js";

const runReader: Reader<RoarRun> = fields(
  {
    method: text,
    fraction: finite,
    seed: integer,
    accuracy: number,
    loss: number,
    trainingAccuracy: number,
  },
  { mode: oneOf("kar", "mask") },
);

/**
 * Finished runs in roar.runs.jsonl, and checkpoints of unfinished ones.
 *
 * @param settings everything that a result depends on, but mode, method, fraction and seed
 */
export function roarJournal(folder: string, settings: unknown): RoarKeeper {
  const journal = new Journal(join(folder, "roar.runs.jsonl"), settings, runReader, keyOf);
  const run = digestOf(JSON.stringify(settings));
  return {
    find: (key) => journal.find(keyOf(key)),
    add: (result) => {
      journal.add(result);
    },
    checkpoint: (name) =>
      checkpointFile(join(folder, "checkpoints", `${digestOf(run + name)}.safetensors`)),
  };
}

// Without a mode as it was before there were modes, so that older journals go on.
function keyOf({ mode, method, fraction, seed }: RoarKey): string {
  return JSON.stringify([method, fraction, seed, ...(mode === undefined ? [] : [mode])]);
}
