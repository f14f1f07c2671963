import type { ModelProto } from "../../../src/onnx/file/schema.js";
import type { NumberList } from "../../../src/onnx/file/wire.js";
import type { Random } from "../../support/random.js";

type Message = Readonly<Record<string, unknown>>;

/** Strings of the seeds, used as replacements, so that edges are reconnected. */
export interface Words {
  /** Names of values and nodes of this model. */
  readonly names: readonly string[];
  readonly operators: readonly string[];
  readonly attributes: readonly string[];
}

const integers: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 5n, 7n, 9n, 64n, 4096n, 65536n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 33n],
  ...[2n ** 40n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -1n, -2n, -3n, -64n, -(2n ** 31n)],
  ...[-(2n ** 53n), -(2n ** 63n)],
];
const numbers: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  1e-30,
  1e30,
  3.4e38,
  NaN,
  Infinity,
  -Infinity,
];
const giant = "x".repeat(100_000);

/**
 * Weights of fields other than 1: fields that define the computation are chosen often, names seldom, because the importer
 * rejects nearly every changed name.
 */
const weights: Readonly<Record<string, number>> = {
  ...{ graph: 60, node: 30, attribute: 20, initializer: 12, input: 3, ints: 20, i: 20, f: 20 },
  ...{ dims: 4, rawData: 10, int64Data: 10, dimValue: 10, opType: 1.5, s: 10, t: 10, g: 20 },
  ...{ name: 0.1, output: 0.3, irVersion: 0.1, opsetImport: 2, dataType: 0.5, domain: 0.1 },
};

/** A copy of the model with one field changed. */
export function mutateFields(model: ModelProto, words: Words, random: Random): ModelProto {
  return mutateMessage(model, words, random);
}

function mutateMessage(message: Message, words: Words, random: Random): Message {
  const keys = Object.keys(message);
  if (keys.length === 0) return { ...message, name: giant };
  const key = weighted(keys, random);
  const leaf = typeof message[key] !== "object" || ArrayBuffer.isView(message[key]);
  if (random.uniform() < (leaf ? 0.1 : 0.002)) {
    return Object.fromEntries(Object.entries(message).filter(([k]) => k !== key));
  }
  return { ...message, [key]: mutateValue(key, message[key], words, random) };
}

function mutateValue(key: string, value: unknown, words: Words, random: Random): unknown {
  if (Array.isArray(value)) return mutateList(key, value as unknown[], words, random);
  if (value instanceof Uint8Array) return mutateText(value, random);
  if (ArrayBuffer.isView(value)) return mutateNumbers(value as NumberList, random);
  switch (typeof value) {
    case "bigint":
      return pick(integers, random);
    case "number":
      return Number.isInteger(value) && key !== "f"
        ? random.integer(-2, 30)
        : pick(numbers, random);
    case "string":
      return mutateWord(key, words, random);
    case "object":
      return mutateMessage(value as Message, words, random);
    default:
      return value;
  }
}

function mutateWord(key: string, words: Words, random: Random): string {
  if (random.uniform() < 0.02) return pick(["", giant, "\0", "__proto__", "constructor"], random);
  if (key === "opType") return pick(words.operators, random);
  return pick(random.uniform() < 0.8 ? words.names : words.attributes, random);
}

function mutateList(key: string, list: unknown[], words: Words, random: Random): unknown[] {
  if (list.length === 0) return [""];
  const at = random.integer(0, list.length - 1);
  const result = [...list];
  const kind = random.uniform();
  if (kind < 0.03) result.splice(at, 1);
  else if (kind < 0.06) result.splice(random.integer(0, list.length), 0, list[at]);
  else if (kind < 0.12) {
    const other = random.integer(0, list.length - 1);
    [result[at], result[other]] = [result[other], result[at]];
  } else result[at] = mutateValue(key, list[at], words, random);
  return result;
}

/** Dims, axes, pads and weights: one element changed, or the list longer or shorter. */
function mutateNumbers(list: NumberList, random: Random): unknown {
  const big = list instanceof BigInt64Array || list instanceof BigUint64Array;
  const values: unknown[] = Array.from<unknown>(list);
  const value = big ? pick(integers, random) : pick(numbers, random);
  const kind = random.uniform();
  if (kind < 0.15) values.pop();
  else if (kind < 0.3) values.push(value);
  else values[random.integer(0, Math.max(0, values.length - 1))] = value;
  if (list instanceof BigUint64Array) return BigUint64Array.from(values as bigint[]);
  const make = list.constructor as unknown as { from(v: unknown[]): unknown };
  return make.from(values);
}

/** Raw weights and string attributes. Shapes and axes are 8-byte integers, which are replaced as a whole. */
function mutateText(text: Uint8Array, random: Random): Uint8Array {
  if (text.length === 0) return Uint8Array.of(255);
  const result = text.slice();
  if (text.length % 8 === 0 && random.uniform() < 0.6) {
    const at = 8 * random.integer(0, text.length / 8 - 1);
    new DataView(result.buffer).setBigInt64(at, pick(integers, random), true);
    return result;
  }
  if (random.uniform() < 0.2) return result.slice(0, random.integer(0, text.length));
  result[random.integer(0, text.length - 1)] = random.integer(0, 255);
  return result;
}

function weighted(keys: readonly string[], random: Random): string {
  const total = keys.reduce((sum, key) => sum + (weights[key] ?? 1), 0);
  let rest = random.uniform(0, total);
  return keys.find((key) => (rest -= weights[key] ?? 1) < 0) ?? keys[0]!;
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.integer(0, list.length - 1)]!;
}
