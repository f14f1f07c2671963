/**
 * Readers of JSON that others wrote: each takes a value as `JSON.parse` gives it and returns it with its type, or says
 * which value is wrong. They are combined like the types that they stand for, and fields that nobody asked for are left
 * out.
 *
 * @module
 */
import { InputError } from "../errors.js";

/** @throws {Mismatch} where the value is of another form */
export type Reader<T> = (value: unknown) => T;

type Read<R> = R extends Reader<infer T> ? T : never;

/** A value is not of the form that is needed; `path` leads to it. */
export class Mismatch extends Error {
  readonly path: (string | number)[] = [];

  constructor(wanted: string, found: unknown) {
    super(`must be ${wanted}, but is ${shown(found)}`);
  }
}

/** The start of a value as JSON. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** An error of the library that takes a message. */
type ErrorType = new (message: string, options?: ErrorOptions) => Error;

/**
 * The value of a JSON text.
 *
 * @param name the file as errors should call it
 * @throws {InputError} (or an error of `type`) where the text is not JSON, is cut off, or is of another form
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
  return readValue(value, reader, name, type);
}

/** As {@link readJson}, of a value that is parsed already. */
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

/** Any value. */
export const anything: Reader<unknown> = (value) => value;

export const text = simple("a string", (v): v is string => typeof v === "string");
export const flag = simple("true or false", (v): v is boolean => typeof v === "boolean");
export const finite = simple("a finite number", (v): v is number => Number.isFinite(v));
/** A number; null, which `JSON.stringify` writes for one that is not finite, comes back as NaN. */
export const number: Reader<number> = (value) => (value === null ? NaN : finite(value));
export const integer = simple("an integer", (v): v is number => Number.isSafeInteger(v));
export const count = simple(
  "an integer from 0",
  (v): v is number => Number.isSafeInteger(v) && Number(v) >= 0,
);

/** A value that a condition tells. */
export function simple<T>(wanted: string, is: (value: unknown) => value is T): Reader<T> {
  return (value) => {
    if (is(value)) return value;
    throw new Mismatch(wanted, value);
  };
}

/** One of some words or numbers. */
export function oneOf<const T extends string | number>(...values: readonly T[]): Reader<T> {
  const known: ReadonlySet<unknown> = new Set(values);
  return simple(values.map((v) => JSON.stringify(v)).join(" or "), (v): v is T => known.has(v));
}

export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value) => (value === null ? null : reader(value));
}

/** The first of two forms that fits; the second one says what is wrong. */
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

/** An object whose keys say what its values are of. */
export function record<T>(item: Reader<T>): Reader<Record<string, T>> {
  return (value) => {
    const entries = Object.entries(objectOf(value));
    return Object.fromEntries(entries.map(([key, v]) => [key, inside(key, item, v)]));
  };
}

type Readers = Readonly<Record<string, Reader<unknown>>>;
type Needed<R extends Readers> = { [K in keyof R]: Read<R[K]> };
type Possible<O extends Readers> = { [K in keyof O]?: Read<O[K]> };

/** An object with these fields, and with some of the others. */
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

/** A field of the object itself: "constructor" is none. */
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
