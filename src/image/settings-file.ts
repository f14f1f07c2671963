import { InputError } from "../errors.js";
import type { Size } from "./preprocess.js";

type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Typed access to the fields; errors name the field and the file. null counts as absent. */
export class SettingsFile {
  readonly fields: Fields;
  readonly #name: string;

  constructor(fields: Fields, name: string) {
    this.fields = fields;
    this.#name = name;
  }

  has(field: string): boolean {
    return this.fields[field] !== undefined && this.fields[field] !== null;
  }

  fail(field: string, problem: string): never {
    const value = JSON.stringify(this.fields[field]) as string | undefined;
    throw new InputError(`${this.#name}: "${field}" ${problem}, but it is ${value ?? "missing"}`);
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.has(field) ? this.fields[field] : fallback;
    return typeof value === "boolean" ? value : this.fail(field, "must be true or false");
  }

  positive(field: string, fallback?: number): number {
    const value = this.has(field) ? this.fields[field] : fallback;
    return isPositive(value) ? value : this.fail(field, "must be a positive number");
  }

  channels(field: string): number[] {
    const value = this.fields[field];
    const list = typeof value === "number" ? [value, value, value] : value;
    const isList = Array.isArray(list) && list.every((v): v is number => Number.isFinite(v));
    if (isList && (list.length === 1 || list.length === 3)) return list;
    return this.fail(field, "must be three numbers, or one");
  }

  /** Like {@link channels}, but all numbers must be positive, since they are divisors. */
  divisors(field: string): number[] {
    const list = this.channels(field);
    return list.every((v) => v > 0) ? list : this.fail(field, "must be positive numbers");
  }

  /** {height, width}, or a number for a square. */
  size(field: string): Size {
    const value = this.fields[field];
    if (isLength(value)) return { height: value, width: value };
    if (isFields(value) && isLength(value["height"]) && isLength(value["width"])) {
      return { height: value["height"], width: value["width"] };
    }
    return this.fail(
      field,
      `must be a length in pixels or {height, width}${field === "size" ? " or {shortest_edge}" : ""}`,
    );
  }
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

export function isLength(value: unknown): value is number {
  return isPositive(value) && Number.isInteger(value) && value <= mostPixelsAcross;
}

/** Maximum width or height of a resized picture: far above any network's input, yet small enough to allocate. */
const mostPixelsAcross = 16_384;
