import type { Random } from "../../support/random.js";

/** Numbers that parsers get wrong: the ends of the ranges of varints, and lengths. */
const bytes = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];

type Change = (file: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const flip: Change = (file, random) => {
  const result = file.slice();
  const count = random.integer(1, 8);
  for (let i = 0; i < count; i++) {
    const at = random.integer(0, file.length - 1);
    result[at] = random.integer(0, 1) === 0 ? bytes[random.integer(0, 5)]! : random.integer(0, 255);
  }
  return result;
};

const truncate: Change = (file, random) => file.slice(0, random.integer(0, file.length));

const cutOut: Change = (file, random) => {
  const [start, end] = range(file, random);
  return join(file.subarray(0, start), file.subarray(end));
};

const repeat: Change = (file, random) => {
  const [start, end] = range(file, random);
  const piece = file.subarray(start, end);
  return join(file.subarray(0, end), ...new Array<Uint8Array>(8).fill(piece), file.subarray(end));
};

const splice: Change = (file, random, other) => {
  const [start, end] = range(other, random);
  const at = random.integer(0, file.length);
  return join(file.subarray(0, at), other.subarray(start, end), file.subarray(at));
};

const changes: readonly Change[] = [flip, flip, flip, truncate, cutOut, repeat, splice];

/** The file with some of its bytes changed, cut, repeated, or taken from another file. */
export function mutateBytes(file: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  return changes[random.integer(0, changes.length - 1)]!(file, random, other);
}

/** A short stretch: most of a model is numbers, and what is short hits the structure. */
function range(file: Uint8Array, random: Random): [start: number, end: number] {
  const start = random.integer(0, file.length);
  return [start, Math.min(file.length, start + random.integer(1, 64))];
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
