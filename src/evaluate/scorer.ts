import { rowsOf } from "../tensor/batches.js";
import { float32, type Tensor } from "../tensor/tensor.js";
import type { Subject } from "./subject.js";

/** A classifier. */
export interface Network {
  /** Scores [N,K] of a batch [N,C,H,W]. */
  predict(x: Tensor): Promise<Tensor>;
}

/** The function from the network's output to the probability of a class. */
export const links = ["softmax", "sigmoid", "output"] as const;
export type Link = (typeof links)[number];

/** A network's result for one variant of an image and the subject's target. */
export interface Score {
  /** The raw output: a logit, unless the network ends with a Softmax or Sigmoid. */
  readonly output: number;
  readonly probability: number;
  /** Whether no other class has a higher output. */
  readonly isTop: boolean;
}

/** Scores variants of an image, a bounded number at once. */
export class Scorer {
  private readonly network: Network;
  private readonly link: Link;
  private readonly batch: number;
  private readonly signal: AbortSignal | undefined;

  constructor(network: Network, link: Link, batch: number, signal?: AbortSignal) {
    this.network = network;
    this.link = link;
    this.batch = batch;
    this.signal = signal;
  }

  /** The network's output for the unchanged subject, one value per class. */
  async outputs({ x }: Subject): Promise<readonly number[]> {
    return rowsOf(await this.network.predict(x), 1)[0]!;
  }

  /** Scores of variants in the shape of the subject's `x`, in order. */
  async scores(subject: Subject, variants: Iterable<Float32Array>): Promise<readonly Score[]> {
    const scores: Score[] = [];
    for (const group of groups(variants, this.batch)) {
      this.signal?.throwIfAborted();
      const rows = rowsOf(await this.network.predict(stack(subject, group)), group.length);
      scores.push(...rows.map((row) => scoreOf(row, subject.target, this.link)));
    }
    return scores;
  }
}

/** Maps items lazily, so that not all variants are in memory at once. */
export function* lazily<A, B>(items: Iterable<A>, make: (item: A) => B): Generator<B> {
  for (const item of items) yield make(item);
}

/** Concatenates variants of one image to a batch. */
function stack({ x }: Subject, variants: readonly Float32Array[]): Tensor {
  const size = x.data.length;
  const data = new Float32Array(variants.length * size);
  variants.forEach((variant, i) => {
    data.set(variant, i * size);
  });
  return float32([variants.length, ...x.dims.slice(1)], data);
}

function* groups<T>(items: Iterable<T>, size: number): Generator<readonly T[]> {
  let group: T[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function scoreOf(row: readonly number[], target: number, link: Link): Score {
  const output = row[target]!;
  const isTop = row.every((score) => score <= output);
  return { output, probability: probabilityOf(row, output, link), isTop };
}

function probabilityOf(row: readonly number[], output: number, link: Link): number {
  if (link === "output") return output;
  if (link === "sigmoid") return 1 / (1 + Math.exp(-output));
  const max = row.reduce((p, q) => Math.max(p, q), -Infinity);
  return Math.exp(output - max) / row.reduce((sum, score) => sum + Math.exp(score - max), 0);
}

/**
 * The link function of an output, inferred from one sample: a single score needs a sigmoid, scores from 0 to 1 with sum
 * 1 are probabilities, and all others are logits.
 */
export function guessLink(row: readonly number[]): Link {
  if (row.length === 1) return "sigmoid";
  const sum = row.reduce((p, q) => p + q, 0);
  const inRange = row.every((score) => score >= 0 && score <= 1);
  return inRange && Math.abs(sum - 1) < 1e-3 ? "output" : "softmax";
}
