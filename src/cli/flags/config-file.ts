import { existsSync, readFileSync } from "node:fs";
import { InvalidArgumentError, type Command, type Option } from "commander";
import { UsageError } from "../../errors.js";
import { didYouMean } from "../../files/nearest-names.js";
import { anything, readJson, record } from "../../files/json.js";
import { messageOf } from "../exit-codes.js";

/** Read from the working directory. */
export const configName = "fullgrad.config.json";

/**
 * Gives flags that the command line leaves out the values of {@link configName}: those under the command's name, else those
 * at the top, which are for every command that has the flag. Names are those of the flags, without dashes in front.
 *
 * @returns the flags that were set; undefined without a file
 * @throws {UsageError} if a name or a value is not one of a flag
 */
export function applyConfig(
  program: Command,
  command: Command,
  file = configName,
): readonly string[] | undefined {
  if (!existsSync(file)) return undefined;
  const config = readConfig(file);
  const path = pathOf(command);
  check(config, program);
  const own = sectionOf(config, path);
  const set: string[] = [];
  for (const option of command.options) {
    const key = nameOf(option);
    const value = own[key] ?? config[key];
    if (value === undefined || command.getOptionValueSource(option.attributeName()) === "cli")
      continue;
    command.setOptionValueWithSource(option.attributeName(), valueOf(option, value), "config");
    set.push(`--${key}`);
  }
  return set;
}

type Config = Readonly<Record<string, unknown>>;

function readConfig(file: string): Config {
  try {
    return readJson(readFileSync(file, "utf8"), record(anything), configName);
  } catch (error) {
    throw new UsageError(`${configName}: ${messageOf(error)}`, { cause: error });
  }
}

/** The objects under the command's names; those of a group, such as evaluate, are for all of its commands. */
function sectionOf(config: Config, path: readonly string[]): Config {
  let found: Config = config;
  let merged: Config = {};
  for (const name of path) {
    const section = found[name];
    if (!isConfig(section)) break;
    merged = { ...merged, ...section };
    found = section;
  }
  return merged;
}

const isConfig = (value: unknown): value is Config =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function pathOf(command: Command): string[] {
  return command.parent ? [...pathOf(command.parent), command.name()] : [];
}

/** Each name is that of a command or of a flag of a command here. */
function check(config: Config, command: Command): void {
  const below = (one: Command): Command[] => [one, ...one.commands.flatMap(below)];
  const flags = new Set(below(command).flatMap((one) => one.options.map(nameOf)));
  const commands = new Map(command.commands.map((one) => [one.name(), one]));
  for (const [key, value] of Object.entries(config)) {
    const sub = commands.get(key);
    if (sub && isConfig(value)) check(value, sub);
    else if (!flags.has(key)) {
      const near = didYouMean(key, [...flags, ...commands.keys()]);
      throw new UsageError(`${configName}: "${key}" is not a flag of ${command.name()}${near}`);
    }
  }
}

const nameOf = (option: Option): string => (option.long ?? "").replace(/^--/, "");

function valueOf(option: Option, value: unknown): unknown {
  const fail = (problem: string): never => {
    throw new UsageError(`${configName}: "${nameOf(option)}" ${problem}`);
  };
  if (option.isBoolean() || option.negate) {
    return typeof value === "boolean" ? value !== option.negate : fail("must be true or false");
  }
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  let result: unknown = option.defaultValue;
  for (const item of list) {
    if (typeof item !== "string" && typeof item !== "number") fail("must be text or a number");
    const text = String(item);
    try {
      result = option.parseArg ? option.parseArg(text, result) : text;
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      fail(`cannot be "${text}". ${error.message}`);
    }
  }
  return result;
}
