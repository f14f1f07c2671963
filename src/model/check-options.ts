import { UsageError } from "../errors.js";
import { Mismatch, type Reader } from "../files/json.js";
import { didYouMean } from "../files/nearest-names.js";

/** The values that each option takes. */
export type OptionTable = Readonly<Record<string, Reader<unknown>>>;

/**
 * Checks options from JavaScript, which are untyped. An undefined option counts as not given.
 *
 * @param call the function in messages
 * @throws {UsageError} if an option is unknown, or has a value that it does not take
 */
export function checkOptions(call: string, options: unknown, table: OptionTable): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new UsageError(`${call}: the options must be an object with ${namesOf(table)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const takes = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!takes) {
      const near = didYouMean(name, Object.keys(table));
      throw new UsageError(`${call} has no option "${name}"${near}; it has ${namesOf(table)}`);
    }
    try {
      takes(value);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      const where = [name, ...error.path].join(".");
      throw new UsageError(`${call}: option "${where}" ${error.message}`, { cause: error });
    }
  }
}

const namesOf = (table: OptionTable): string => Object.keys(table).join(", ");
