import type { Method } from "../../methods/core/method.js";
import { listed, readSettings } from "../../methods/core/settings.js";
import { UsageError } from "../../errors.js";
import { didYouMean } from "../../files/nearest-names.js";
import { findMethod } from "../../methods/all.js";
import type { ChosenMethod } from "./method-list.js";

/** All settings of each method, by its name: values of --set, and defaults. */
export type MethodValues = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** A setting, for one method or for every one that has it. */
interface Given {
  readonly flag: string;
  readonly method?: string | undefined;
  readonly name: string;
  readonly value: string;
}

/**
 * All settings of the chosen methods. `--method METHOD:NAME=VALUE` and `--set METHOD.NAME=VALUE` mean the same and go
 * before `--set NAME=VALUE`, which is for every method that has the setting.
 *
 * @param others values of dedicated flags, for methods that have such a setting; --set takes precedence
 * @throws {UsageError} if a method, a setting or a value does not exist; lists the existing ones
 */
export function readMethodSettings(
  flags: readonly string[],
  chosen: readonly ChosenMethod[],
  others: Readonly<Record<string, unknown>> = {},
): MethodValues {
  const methods = chosen.map(({ method }) => findMethod(method));
  const given = [...chosen.flatMap(settingsOf), ...flags.map(parse)];
  const twice = given.find((g, i) => {
    return given.slice(0, i).some((h) => h.method === g.method && h.name === g.name);
  });
  if (twice) throw new UsageError(`--set ${twice.flag}: ${twice.name} is set twice`);
  for (const one of given) check(one, methods);
  const values = methods.map(({ name: method, settings }) => {
    const has = ({ name }: Given): boolean => Object.hasOwn(settings, name);
    const general = given.filter((g) => g.method === undefined && has(g));
    const own = given.filter((g) => g.method === method);
    const wanted = {
      ...Object.fromEntries(
        Object.entries(others).filter(([name]) => Object.hasOwn(settings, name)),
      ),
      ...Object.fromEntries([...general, ...own].map(({ name, value }) => [name, value])),
    };
    return [method, readSettings(method, settings, wanted)] as const;
  });
  return new Map(values);
}

function settingsOf({ method, settings }: ChosenMethod): Given[] {
  return Object.entries(settings).map(([name, value]) => {
    return { flag: `${method}.${name}=${value}`, method, name, value };
  });
}

/** Names of methods and settings have no dot; values, such as names of layers, may. */
function parse(flag: string): Given {
  const [, method, name, value] = /^(?:([^.=]+)\.)?([^.=]+)=(.+)$/s.exec(flag) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`--set ${flag}: write NAME=VALUE, or METHOD.NAME=VALUE`);
  }
  return { flag, method, name, value };
}

function check({ flag, method, name }: Given, methods: readonly Method[]): void {
  if (method !== undefined) {
    if (methods.some((m) => m.name === method)) return;
    const own = methods.map((m) => m.name);
    const [near, names] = [didYouMean(method, own), listed(own)];
    throw new UsageError(
      `--set ${flag}: "${method}" is not among the methods here${near}, ${names}`,
    );
  }
  if (methods.some(({ settings }) => Object.hasOwn(settings, name))) return;
  const known = methods.map(({ name: owner, settings }) => {
    return `${owner} has ${Object.keys(settings).join(", ") || "none"}`;
  });
  const near = didYouMean(
    name,
    methods.flatMap(({ settings }) => Object.keys(settings)),
  );
  throw new UsageError(`--set ${flag}: there is no setting "${name}"${near}; ${known.join("; ")}`);
}
