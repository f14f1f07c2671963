import { sliceBatch, concatBatch } from "../../engine/batches.js";
import { readSettings } from "../../engine/settings.js";
import { UsageError } from "../../errors.js";
import { mapsOf, type MapMaker, type Subject } from "../../evaluate/subject.js";
import { findMethod, methods } from "../../methods/all.js";
import type { ExplainOptions } from "../../model-options.js";
import type { Model } from "../../model.js";

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
  if (list === "all") return methods.map(({ name }) => ({ name, method: name, settings: {} }));
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
  return chosen;
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

/** Makes maps by a method of the model. */
export function methodMaker(model: Model, { name, method, settings }: ChosenMethod): MapMaker {
  const explain = async (subjects: readonly Subject[]): Promise<readonly Float32Array[]> => {
    const x = concatBatch(subjects.map((subject) => subject.x));
    const options = {
      ...settings,
      method,
      target: subjects.map((subject) => subject.target),
      preprocessing: subjects[0]!.preprocessing,
    } as ExplainOptions;
    const { map } = await model.explain(x, options);
    return mapsOf(sliceBatch(map, Array.from(subjects.keys())));
  };
  // That code rescaled over the whole batch, so a map would depend on its companions.
  const alone = settings["convention"] === "paper2019";
  const oneByOne = async (subjects: readonly Subject[]): Promise<readonly Float32Array[]> => {
    const maps: Float32Array[] = [];
    for (const subject of subjects) maps.push(...(await explain([subject])));
    return maps;
  };
  return { name, isBaseline: false, maps: alone ? oneByOne : explain };
}
