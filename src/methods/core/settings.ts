import { UsageError } from "../../errors.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Something about a method that can be chosen. */
export interface Setting<T> {
  readonly default: T;
  /** What it means, in a line. */
  readonly about: string;
  /** What it takes, in words: "a whole number from 1", "black, white or blur". */
  readonly takes: string;
  /** All that it takes, where those are a few words. */
  readonly words?: readonly string[];
  /** The value that a given one means, which may be text from a command line; undefined where it means none. */
  read(given: unknown): T | undefined;
}

/** The settings of a method, by name. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table's settings. */
export type SettingsOf<S extends SettingTable> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** A whole number from `least` on. */
export function whole(
  fallback: number,
  about: string,
  least = 0,
  most: number = Number.MAX_SAFE_INTEGER,
): Setting<number> {
  const upTo = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  const setting = number(fallback, about, least, most);
  return {
    ...setting,
    takes: `a whole number from ${least}${upTo}`,
    read: (given) => {
      const value = setting.read(given);
      return Number.isInteger(value) ? value : undefined;
    },
  };
}

/** A number in [least, most]. */
export function number(
  fallback: number,
  about: string,
  least = -Infinity,
  most = Infinity,
): Setting<number> {
  const from = least === -Infinity ? "" : ` from ${least}`;
  return {
    default: fallback,
    about,
    takes: `a number${from}${most === Infinity ? "" : ` to ${most}`}`,
    read: (given) => {
      const isText = typeof given === "string" && given.trim() !== "";
      const value = isText ? Number(given) : given;
      const fits = typeof value === "number" && Number.isFinite(value);
      return fits && value >= least && value <= most ? value : undefined;
    },
  };
}

/** One of a few words. */
export function choice<T extends string>(
  words: readonly T[],
  fallback: NoInfer<T>,
  about: string,
): Setting<T> {
  return {
    default: fallback,
    about,
    takes: listed(words),
    words,
    read: (given) => words.find((word) => word === given),
  };
}

/** Yes or no. */
export function flag(fallback: boolean, about: string): Setting<boolean> {
  const words: ReadonlyMap<unknown, boolean> = new Map([
    ["true", true],
    ["false", false],
  ]);
  return {
    default: fallback,
    about,
    takes: "true or false",
    words: ["true", "false"],
    read: (given) => (typeof given === "boolean" ? given : words.get(given)),
  };
}

/** A name, such as that of a layer; absent unless given. */
export function name(about: string): Setting<string | undefined> {
  return {
    default: undefined,
    about,
    takes: "a name",
    read: (given) => (typeof given === "string" && given !== "" ? given : undefined),
  };
}

/** A tensor; absent unless given. A command line cannot give one. */
export function given(about: string): Setting<Tensor | undefined> {
  return {
    default: undefined,
    about,
    takes: "a tensor",
    read: (value) => (isTensor(value) ? value : undefined),
  };
}

/** "black, white or blur" */
export function listed(words: readonly string[]): string {
  const [last, ...before] = words.toReversed();
  return before.length === 0 ? String(last) : `${before.toReversed().join(", ")} or ${last!}`;
}

/**
 * All settings of a method: what is given, and the defaults of the others. What is given as undefined is not given.
 *
 * @throws {UsageError} where a setting does not exist, or its value means nothing; names what does
 */
export function readSettings<S extends SettingTable>(
  method: string,
  table: S,
  values: Readonly<Record<string, unknown>>,
): SettingsOf<S> {
  const names = Object.keys(table);
  const wanted = Object.entries(values).filter(([, value]) => value !== undefined);
  const unknown = wanted.find(([key]) => !names.includes(key));
  if (unknown) {
    const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
    throw new UsageError(`method "${method}" has no setting "${unknown[0]}"; ${known}`);
  }
  const read = Object.fromEntries(
    wanted.map(([key, value]) => {
      const setting = table[key]!;
      const meant = setting.read(value);
      if (meant !== undefined) return [key, meant];
      const shown = typeof value === "string" ? value : JSON.stringify(value);
      throw new UsageError(`${key} ${shown} of method "${method}": it takes ${setting.takes}`);
    }),
  );
  const defaults = Object.fromEntries(names.map((key) => [key, table[key]!.default]));
  return { ...defaults, ...read } as SettingsOf<S>;
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "dims" in value && "data" in value;
}
