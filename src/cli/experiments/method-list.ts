import { concatBatch } from "../../tensor/batches.js";
import { readSettings } from "../../methods/core/settings.js";
import { UsageError } from "../../errors.js";
import { mapsOf, type MapMaker, type Subject } from "../../evaluate/subject.js";
import { findMethod, methods } from "../../methods/all.js";
import type { Explanation, ExplainOptions } from "../../model/model-options.js";
import type { Model } from "../../model/model.js";
import type { SaidNote } from "../output/note-lines.js";

/** A method with the settings that were given for it. */
export interface ChosenMethod {
  /** "integrated-gradients:steps=20" */
  readonly name: string;
  readonly method: string;
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * The methods of a list such as "fullgrad,integrated-gradients:steps=20,baseline=black,gradient"; "all" is every one.
 *
 * @throws {UsageError} where there is no such method or setting
 */
export function parseMethods(list: string): ChosenMethod[] {
  if (list === "all") {
    const known = methods.filter(({ name }) => !baselineNames.includes(name));
    return known.map(({ name }) => ({ name, method: name, settings: {} }));
  }
  // A piece with "=" alone is a further setting of the method before it.
  const words: string[] = [];
  for (const piece of list.split(",")) {
    const continues = piece.includes("=") && !piece.includes(":") && words.length > 0;
    if (continues) words.push(`${words.pop()!},${piece}`);
    else words.push(piece);
  }
  const chosen = words.map(parseMethod);
  const twice = chosen.find(({ name }, i) => chosen.findIndex((c) => c.name === name) !== i);
  if (twice) throw new UsageError(`--method: ${twice.name} is named twice`);
  // Baselines are there anyway.
  return chosen.filter(({ name }) => !baselineNames.includes(name));
}

function parseMethod(word: string): ChosenMethod {
  const [method = "", rest] = word.trim().split(/:(.*)/s);
  const settings = Object.fromEntries(
    (rest === undefined ? [] : rest.split(",")).map((pair) => {
      const [key = "", value] = pair.split(/=(.*)/s);
      if (value === undefined) {
        throw new UsageError(`--method ${word}: settings are written NAME:key=value,key=value`);
      }
      return [key, value];
    }),
  );
  readSettings(method, findMethod(method).settings, settings);
  return { name: word.trim(), method, settings };
}

/** Makes maps by a method of the model. What is to be said of a map goes to `onNote`. */
export function methodMaker(
  model: Model,
  { name, method, settings }: ChosenMethod,
  onNote?: (note: SaidNote) => void,
): MapMaker {
  const make = async (subjects: readonly Subject[]): Promise<readonly Float32Array[]> => {
    const { map, samples } = await explain(model, subjects, { method, ...settings });
    for (const [n, { notes }] of samples.entries()) {
      for (const note of notes) onNote?.({ ...note, image: subjects[n]!.name, method: name });
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

/** Maps that know nothing of the network, and go into every evaluation. */
export const baselineNames: readonly string[] = ["random", "edge", "centre-blur"];

/** The baselines. Every image has random numbers of its own, whatever comes before it. */
export function baselineMakers(model: Model, seed: number): MapMaker[] {
  return baselineNames.map((name) => ({
    name,
    isBaseline: true,
    maps: (subjects) =>
      oneByOne(subjects, async (subject) => {
        const own = name === "random" ? { seed: (subject.seed ^ seed) >>> 0 } : {};
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
  const options = {
    ...settings,
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
