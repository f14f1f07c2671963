/**
 * Typed readers for untrusted JSON. A reader takes a value as returned by `JSON.parse` and returns it with its static
 * type, or reports the path of the value that does not match. Readers compose like the types they describe; unknown
 * fields are dropped.
 *
 * @module
 */
import { InputError } from "../errors.js";

/** @throws {Mismatch} if the value does not have the expected form */
export type Reader<T> = (value: unknown) => T;

type Read<R> = R extends Reader<infer T> ? T : never;

/** A value does not have the expected form; `path` locates it in the document. */
export class Mismatch extends Error {
  readonly path: (string | number)[] = [];

  constructor(wanted: string, found: unknown) {
    super(`must be ${wanted}, but is ${shown(found)}`);
  }
}

/** A short rendering of a value, for messages: JSON, and the type of what JSON cannot hold. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "number") return String(value);
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") {
    return `a ${typeof value}`;
  }
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Constructor of an error type of this library. */
type ErrorType = new (message: string, options?: ErrorOptions) => Error;

/**
 * Parses a JSON text and validates it.
 *
 * @param name the file's name in error messages
 * @throws {InputError} (or an error of `type`) if the text is not JSON, is truncated, or does not match
 */
export function readJson<T>(
  text: string,
  reader: Reader<T>,
  name: string,
  type: ErrorType = InputError,
): T {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    const isCut = /^\s*[[{]/.test(text) && !/[\]}]\s*$/.test(text);
    const problem = isCut ? "is not JSON, it is cut off" : "is not JSON";
    throw new type(`${name} ${problem}: ${(error as Error).message}`, { cause: error });
  }
  if (isDeeper(value, deepest)) {
    throw new type(`${name} is nested deeper than ${deepest} levels`);
  }
  return readValue(value, reader, name, type);
}

/** Deepest nesting: recursive functions, including JSON.stringify, fail at some thousands of levels. */
const deepest = 100;

function isDeeper(value: unknown, levels: number): boolean {
  let layer: unknown[] = [value];
  for (let depth = 0; layer.length > 0; depth++) {
    if (depth > levels) return true;
    layer = layer.flatMap((v): unknown[] =>
      typeof v === "object" && v !== null ? Object.values(v) : [],
    );
  }
  return false;
}

/** Like {@link readJson}, for a value that is already parsed. */
export function readValue<T>(
  value: unknown,
  reader: Reader<T>,
  name: string,
  type: ErrorType = InputError,
): T {
  try {
    return reader(value);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const path = error.path.map((step, i) => {
      return typeof step === "number" ? `[${step}]` : `${i === 0 ? "" : "."}${step}`;
    });
    const where = path.length === 0 ? "it" : `"${path.join("")}"`;
    throw new type(`${name}: ${where} ${error.message}`, { cause: error });
  }
}

/** Accepts any value unchanged. */
export const anything: Reader<unknown> = (value) => value;

export const text = simple("a string", (v): v is string => typeof v === "string");
export const flag = simple("true or false", (v): v is boolean => typeof v === "boolean");
export const finite = simple("a finite number", (v): v is number => Number.isFinite(v));
/** A number. `JSON.stringify` writes non-finite numbers as null; null is read back as NaN. */
export const number: Reader<number> = (value) => (value === null ? NaN : finite(value));
export const integer = simple("an integer", (v): v is number => Number.isSafeInteger(v));
export const count = simple(
  "an integer from 0",
  (v): v is number => Number.isSafeInteger(v) && Number(v) >= 0,
);

/** A reader from a type guard; `wanted` describes the accepted values in messages. */
export function simple<T>(wanted: string, is: (value: unknown) => value is T): Reader<T> {
  return (value) => {
    if (is(value)) return value;
    throw new Mismatch(wanted, value);
  };
}

/** One of the given strings or numbers. */
export function oneOf<const T extends string | number>(...values: readonly T[]): Reader<T> {
  const known: ReadonlySet<unknown> = new Set(values);
  return simple(values.map((v) => JSON.stringify(v)).join(" or "), (v): v is T => known.has(v));
}

export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value) => (value === null ? null : reader(value));
}

/** The first reader if it accepts the value, otherwise the second; errors come from the second. */
export function either<A, B>(first: Reader<A>, second: Reader<B>): Reader<A | B> {
  return (value) => {
    try {
      return first(value);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      return second(value);
    }
  };
}

export function list<T>(item: Reader<T>): Reader<T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new Mismatch("a list", value);
    return value.map((element: unknown, i) => inside(i, item, element));
  };
}

/** An object with arbitrary keys whose values all have one form. */
export function record<T>(item: Reader<T>): Reader<Record<string, T>> {
  return (value) => {
    const entries = Object.entries(objectOf(value));
    return Object.fromEntries(entries.map(([key, v]) => [key, inside(key, item, v)]));
  };
}

type Readers = Readonly<Record<string, Reader<unknown>>>;
type Needed<R extends Readers> = { [K in keyof R]: Read<R[K]> };
type Possible<O extends Readers> = { [K in keyof O]?: Read<O[K]> };

/** An object with the required fields and any of the optional fields. */
export function fields<R extends Readers>(required: R): Reader<Needed<R>>;
export function fields<R extends Readers, O extends Readers>(
  required: R,
  optional: O,
): Reader<Needed<R> & Possible<O>>;
export function fields(required: Readers, optional: Readers = {}): Reader<unknown> {
  const needed = Object.entries(required);
  const others = Object.entries(optional);
  return (value) => {
    const object = objectOf(value);
    const read: Record<string, unknown> = {};
    for (const [key, reader] of needed) read[key] = inside(key, reader, own(object, key));
    for (const [key, reader] of others) {
      const field = own(object, key);
      if (field !== undefined) read[key] = inside(key, reader, field);
    }
    return read;
  };
}

function objectOf(value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Mismatch("an object", value);
}

/** An own property of the object, so that inherited names such as "constructor" read as absent. */
function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
}

function inside<T>(step: string | number, reader: Reader<T>, value: unknown): T {
  try {
    return reader(value);
  } catch (error) {
    if (error instanceof Mismatch) error.path.unshift(step);
    throw error;
  }
}
