import { InvalidArgumentError, Option } from "commander";
import { notAChoice } from "./choices.js";
import { UsageError } from "../../errors.js";
import { findMethod, methods } from "../../methods/all.js";
import { readSettings } from "../../methods/core/settings.js";

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
 * @throws {UsageError} if a method or a setting does not exist, or a value is out of its range
 */
export function parseMethods(list: string): ChosenMethod[] {
  if (list === "all") return methods.map(({ name }) => ({ name, method: name, settings: {} }));
  // A piece that begins with NAME= is a further setting of the method before it.
  const words: string[] = [];
  for (const piece of list.split(",")) {
    const continues = /^[^:]*=/.test(piece) && words.length > 0;
    if (continues) words.push(`${words.pop()!},${piece}`);
    else if (piece.trim() !== "") words.push(piece);
  }
  if (words.length === 0) throw new UsageError(`--method ${list}: name methods, as in a,b,c`);
  return words.map(parseMethod);
}

function parseMethod(word: string): ChosenMethod {
  const [method = "", rest] = word.trim().split(/:(.*)/s);
  const given: Record<string, string> = {};
  for (const pair of rest === undefined ? [] : rest.split(",")) {
    const [key = "", value] = pair.split(/=(.*)/s);
    if (value === undefined) {
      throw new UsageError(`--method ${word}: settings are written NAME:key=value,key=value`);
    }
    if (Object.hasOwn(given, key)) throw new UsageError(`--method ${word}: ${key} is set twice`);
    given[key] = value;
  }
  readSettings(method, findMethod(method).settings, given);
  return { name: word.trim(), method, settings: given };
}

const grammar = "settings after a colon: rise:masks=4000,grid=8";

/** `--method` of commands that take several: a list, and the flag may be repeated. */
export function methodsOption(flags: string, about: string, fallback?: string): Option {
  const initial = fallback === undefined ? undefined : parseMethods(fallback);
  return new Option(`${flags} <list>`, `${about}; may be repeated; ${grammar}`)
    .default(initial, fallback)
    .argParser((text, before: readonly ChosenMethod[] | undefined) => {
      const isFirst = before === initial || before === undefined;
      return [...(isFirst ? [] : before), ...parseMethods(text)];
    });
}

/** `--method` of commands that take one. */
export function methodOption(): Option {
  const initial = parseMethods("fullgrad")[0]!;
  return new Option("--method <name>", `the method that makes the map; ${grammar}`)
    .default(initial, initial.name)
    .argParser((text, before: ChosenMethod) => {
      const [name = ""] = text.split(/[:,]/);
      if (methods.every((method) => method.name !== name)) {
        const known = methods.map((method) => method.name);
        throw new InvalidArgumentError(notAChoice(name, known));
      }
      const [chosen, ...others] = parseMethods(text);
      if (others.length === 0 && before === initial) return chosen!;
      throw new InvalidArgumentError("One method at a time; compare shows several.");
    });
}
