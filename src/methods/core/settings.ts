import { UsageError } from "../../errors.js";
import { didYouMean } from "../../files/nearest-names.js";
import { isTensor, type Tensor } from "../../tensor/tensor.js";

/** A setting of a method. */
export interface Setting<T> {
  readonly default: T;
  /** One-line description. */
  readonly about: string;
  /** Accepted values, in words: "a whole number from 1", "black, white or blur". */
  readonly takes: string;
  /** All accepted values, if they are a few keywords. */
  readonly words?: readonly string[];
  /** Reads a given value, which may be command-line text; undefined if it is invalid. */
  read(raw: unknown): T | undefined;
}

/** The settings of a method, by name. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table's settings. */
export type SettingsOf<S extends SettingTable> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** A whole number of at least `least`. */
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
    read: (raw) => {
      const value = setting.read(raw);
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
    read: (raw) => {
      const isText = typeof raw === "string" && raw.trim() !== "";
      const value = isText ? Number(raw) : raw;
      const fits = typeof value === "number" && Number.isFinite(value);
      return fits && value >= least && value <= most ? value : undefined;
    },
  };
}

/** One of a few keywords. */
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
    read: (raw) => words.find((word) => word === raw),
  };
}

/** One or several values of a setting of words, with commas between. */
export function several(setting: Setting<string>): Setting<string> {
  return {
    default: setting.default,
    about: setting.about,
    takes: `${setting.takes}; several with commas between`,
    read: (raw) => {
      const words = typeof raw === "string" ? raw.split(",") : [];
      const fits = words.length > 0 && words.every((word) => setting.read(word) !== undefined);
      return fits ? [...new Set(words)].join(",") : undefined;
    },
  };
}

/** A boolean. */
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
    read: (raw) => (typeof raw === "boolean" ? raw : words.get(raw)),
  };
}

/** A name, such as a layer's; absent unless given. */
export function name(about: string): Setting<string | undefined> {
  return {
    default: undefined,
    about,
    takes: "a name",
    read: (raw) => (typeof raw === "string" && raw !== "" ? raw : undefined),
  };
}

/** One name, or several: a list, or text in which + joins them. Absent unless given. */
export function nameList(about: string): Setting<string | readonly string[] | undefined> {
  const isName = (value: unknown): value is string => typeof value === "string" && value !== "";
  return {
    default: undefined,
    about,
    takes: "a name, or several joined by +",
    read: (raw) => {
      if (Array.isArray(raw)) return raw.length > 0 && raw.every(isName) ? raw : undefined;
      return isName(raw) ? raw : undefined;
    },
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
 * All settings of a method: the given values, and the defaults of the others. An undefined value counts as not given.
 *
 * @throws {UsageError} if a setting is unknown or its value is invalid; the message lists the alternatives
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
    const near = didYouMean(unknown[0], names);
    throw new UsageError(`method "${method}" has no setting "${unknown[0]}"${near}; ${known}`);
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
