import { concatBatch } from "../../tensor/batches.js";
import { UsageError } from "../../errors.js";
import { mapsOf, type Explainer, type Subject } from "../../evaluate/subject.js";
import { findMethod } from "../../methods/all.js";
import { blindMethods } from "../../methods/usual-methods.js";
import type { Explanation, ExplainOptions } from "../../model/model-options.js";
import type { Model } from "../../model/model.js";
import type { ChosenMethod } from "../flags/method-list.js";
import type { SaidNote } from "../output/note-lines.js";
import type { Quantity } from "../../target/target.js";
import { noteWithFlags } from "../flags/flag-names.js";

/**
 * The methods that are judged, each once; the class-blind ones go into every evaluation anyway.
 *
 * @throws {UsageError} if one is named twice
 */
export function judgedMethods(chosen: readonly ChosenMethod[]): readonly ChosenMethod[] {
  const twice = chosen.find(({ name }, i) => chosen.findIndex((c) => c.name === name) !== i);
  if (twice) throw new UsageError(`--method: ${twice.name} is named twice`);
  return chosen.filter(({ name }) => !blindMethods.includes(name));
}

/** What the maps of an evaluation have in common. */
export interface MapOptions {
  /** "score" unless given. */
  readonly quantity?: Quantity;
  /** Receives the notes on each map. */
  readonly onNote?: (note: SaidNote) => void;
}

/** Makes maps by a method of the model. */
export function methodMaker(
  model: Model,
  { name, method, settings }: ChosenMethod,
  { quantity = "score", onNote }: MapOptions = {},
): Explainer {
  const make = async (subjects: readonly Subject[]): Promise<readonly Float32Array[]> => {
    const { map, samples } = await explain(model, subjects, { method, quantity, ...settings });
    for (const [n, { notes }] of samples.entries()) {
      for (const note of notes)
        onNote?.({ ...noteWithFlags(note), image: subjects[n]!.name, method: name });
    }
    return mapsOf(map);
  };
  // The code of 2019 rescaled over the whole batch, so a map would depend on its companions.
  const alone = settings["convention"] === "paper2019";
  return {
    name,
    isBaseline: false,
    maps: (subjects) => (alone ? oneByOne(subjects, (subject) => make([subject])) : make(subjects)),
  };
}

/** The baselines. The random numbers of an image do not depend on the images before it. */
export function baselineMakers(model: Model, seed: number): Explainer[] {
  return blindMethods.map((name) => ({
    name,
    isBaseline: true,
    maps: (subjects) =>
      oneByOne(subjects, async (subject) => {
        const isSeeded = "seed" in findMethod(name).settings;
        const own = isSeeded ? { seed: (subject.seed ^ seed) >>> 0 } : {};
        const { map } = await explain(model, [subject], { method: name, ...own });
        return mapsOf(map);
      }),
  }));
}

function explain(
  model: Model,
  subjects: readonly Subject[],
  settings: Readonly<Record<string, unknown>>,
): Promise<Explanation> {
  const versus = subjects.flatMap((subject) => subject.versus ?? []);
  const options = {
    ...settings,
    ...(versus.length > 0 ? { versus } : {}),
    target: subjects.map((subject) => subject.target),
    preprocessing: subjects[0]!.preprocessing,
  } as ExplainOptions;
  return model.explain(model.fromImage(concatBatch(subjects.map((subject) => subject.x))), options);
}

async function oneByOne(
  subjects: readonly Subject[],
  make: (subject: Subject) => Promise<readonly Float32Array[]>,
): Promise<readonly Float32Array[]> {
  const maps: Float32Array[] = [];
  for (const subject of subjects) maps.push(...(await make(subject)));
  return maps;
}
