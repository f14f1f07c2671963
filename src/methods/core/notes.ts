/**
 * Warnings about a map: it is empty, its score is saturated, or its own check fails.
 *
 * @module
 */
import type { SessionExplanation } from "./explanation.js";
import { usesGradient, type Method } from "./method.js";
import { notFinite, rules } from "./note-rules.js";
import type { Squashing } from "../../target/ports.js";
import type { ExplainedSample } from "../../runtime/samples.js";
import { toNumbers, type Tensor } from "../../tensor/tensor.js";

/**
 * - `not-finite`: the score or the map contains NaN or infinity
 * - `zero-map`, `constant-map`: the map has the same value everywhere
 * - `saturated`: the score is at the bound of a Softmax or Sigmoid, where its gradient vanishes
 * - `probability`: the score is the output of a Softmax or Sigmoid; its input can be explained instead
 * - `straight-through`: gradients pass through quantizers or signs as if these were the identity
 * - `delta`: the attributions miss more than 5 % of the difference between the scores of image and baseline
 * - `relevance`: less than half of the score reached the input
 */
export type NoteCode =
  | "not-finite"
  | "zero-map"
  | "constant-map"
  | "saturated"
  | "probability"
  | "straight-through"
  | "delta"
  | "relevance";

/** A warning for the reader of a map. Plain data. */
export interface Note {
  readonly code: NoteCode;
  /** The finding, its cause and its remedy. */
  readonly message: string;
  /** The value to explain instead, for the option `output`. */
  readonly output?: string;
  /** The number that the rule tested: a fraction, or the distance to a bound. */
  readonly value?: number;
}

/** One sample's explanation, with the facts that the rules need. */
export interface NotedMap {
  readonly method: string;
  /** Whether the method uses the gradient of the score. */
  readonly usesGradient: boolean;
  /** Whether the map is the same for every target. */
  readonly ignoresTarget: boolean;
  /** The sample's map and its input. */
  readonly map: ArrayLike<number>;
  readonly x: ArrayLike<number>;
  readonly sample: ExplainedSample;
  readonly squashing?: Squashing | undefined;
  /** Rounding nodes before the score that have straight-through gradients. */
  readonly quantizers?: number | undefined;
}

/** A sample's part of an explanation, with its notes. */
export type NotedSample<S extends ExplainedSample = ExplainedSample> = Omit<S, "evidence"> & {
  /** Empty for an ordinary map. */
  readonly notes: readonly Note[];
};

/** Every sample of an explanation with its notes. */
export function withNotes(
  { map, samples }: SessionExplanation,
  method: Method,
  x: Tensor,
  { squashing, quantizers }: Pick<NotedMap, "squashing" | "quantizers">,
): readonly NotedSample[] {
  const [maps, inputs] = [rows(map, samples.length), rows(x, samples.length)];
  const facts = {
    ...{ method: method.name, usesGradient: usesGradient(method), squashing, quantizers },
    ignoresTarget: method.ignoresTarget === true,
  };
  return samples.map((sample, n) => {
    const notes = notesOf({ ...facts, map: maps[n]!, x: inputs[n]!, sample });
    const said = Object.entries(sample).filter(([key]) => key !== "evidence");
    return { ...(Object.fromEntries(said) as Omit<ExplainedSample, "evidence">), notes };
  });
}

/** The notes of a map; none for an ordinary map. */
export function notesOf(of: NotedMap): readonly Note[] {
  const broken = notFinite(of);
  if (broken) return [broken];
  return rules.flatMap((rule) => rule(of) ?? []);
}

/** The values of each sample. */
function rows(t: Tensor, count: number): ArrayLike<number>[] {
  const all = toNumbers(t);
  const numbers = all instanceof Float32Array ? all : Float32Array.from(all);
  const size = numbers.length / count;
  return Array.from({ length: count }, (_, n) => numbers.subarray(n * size, (n + 1) * size));
}
