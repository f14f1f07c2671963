import type { BiasPlan } from "../../analysis/bias-plan.js";
import {
  elementCount,
  fromNumbers,
  tensor,
  toNumbers,
  type Tensor,
  type Tensors,
} from "../../tensor/tensor.js";
import { concatBatch, sliceBatch } from "../../tensor/batches.js";
import type { Compiled, Compiler, NamedValues, QuestionContext } from "../../runtime/compiler.js";
import { formOf, type ResolvedContrast } from "../../target/contrast.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";
import type { Image, PixelRange } from "./image.js";

/** The progress of a method. */
export interface Progress {
  /** The image being explained, and the number of images. */
  readonly sample: number;
  readonly samples: number;
  /** Passes of the current round. */
  readonly done: number;
  readonly total: number;
}

/** Options of a long run. */
export interface RunControl {
  /**
   * Variants of an image per run, which bounds the memory; by default the back end's own. The result is the same up to
   * rounding.
   */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A graph that a method evaluates on many variants; compiled once per key. */
export interface ModelProbe {
  readonly key: string;
  /** `forward` adds nodes to the model, `backward` to its gradient. */
  readonly forward?: (site: QuestionContext) => NamedValues;
  readonly backward?: (full: FullGradient) => NamedValues;
  /**
   * With `forward`: a value inside the model that each variant replaces, under the role "replaced". Part of the key.
   */
  readonly replaced?: string;
}

/** The values of one variant: the image, or, by role, the inputs that a probe added. */
export type Variant = ArrayLike<number> | { readonly roles: Readonly<Record<string, Tensor>> };

/** The results of one variant, by role; every tensor has batch size 1. */
export interface Outcome {
  readonly index: number;
  readonly score: number;
  readonly results: Tensors;
}

/** The score, and the model's own output. */
export const scores = {
  key: "scores",
  forward: ({ output }: QuestionContext) => ({ outputs: { output } }),
} satisfies ModelProbe;

const gradients: ModelProbe = {
  key: "gradients",
  backward: ({ inputGradient }) => ({ outputs: { gradient: inputGradient } }),
};

/**
 * One image and its resolved target: "top" has become a class. Runs probes on variants of the image, a bounded number
 * at once. The method accumulates results itself, as running sums.
 */
export class Sampler implements Image {
  /** [1,C,…spatial] */
  readonly x: Tensor;
  readonly pixels?: PixelRange;
  /** f(x) */
  readonly score: number;
  private readonly compiler: Compiler;
  private readonly target: ResolvedContrast;
  private readonly others: Tensors;
  private readonly control: RunControl;
  private readonly report: (done: number, total: number) => void;

  /** Created by the session. */
  constructor(compiler: Compiler, setup: SamplerSetup) {
    this.compiler = compiler;
    this.x = setup.x;
    if (setup.pixels) this.pixels = setup.pixels;
    this.score = setup.score;
    this.target = setup.target;
    this.others = setup.others;
    this.control = setup.control;
    this.report = setup.report;
  }

  /** The shape of a map, [1,1,…spatial]. */
  get mapDims(): readonly number[] {
    return [1, 1, ...this.x.dims.slice(2)];
  }

  /** Facts about the model. */
  get plan(): BiasPlan {
    return this.compiler.plan(this.target.quantity);
  }

  /** The number of elements of the image. */
  get size(): number {
    return elementCount(this.x);
  }

  /** The score of each variant. `variant(i)` is called only when variant i is about to run. */
  async *scores(
    count: number,
    variant: (i: number) => ArrayLike<number>,
  ): AsyncGenerator<{ readonly index: number; readonly score: number }> {
    yield* this.each(scores, count, variant);
  }

  /** The score of one variant. */
  async scoreAt(image: ArrayLike<number>): Promise<number> {
    const results = await this.run(await this.compile(scores), [image]);
    return toNumbers(results.get("score")!)[0]!;
  }

  /** The gradient of the score with respect to the image, and the score, at each variant. */
  async *gradients(
    count: number,
    variant: (i: number) => ArrayLike<number>,
  ): AsyncGenerator<{
    readonly index: number;
    readonly score: number;
    readonly gradient: ArrayLike<number>;
  }> {
    for await (const { index, score, results } of this.each(gradients, count, variant)) {
      yield { index, score, gradient: toNumbers(results.get("gradient")!) };
    }
  }

  /** A probe's results for `count` variants, in order. */
  async *each(
    probe: ModelProbe,
    count: number,
    variant: (i: number) => Variant,
  ): AsyncGenerator<Outcome> {
    const compiled = await this.compile(probe);
    const size = Math.max(1, this.control.batch ?? this.compiler.batch);
    for (let start = 0; start < count; start += size) {
      this.report(start, count);
      const here = Math.min(size, count - start);
      const variants = Array.from({ length: here }, (_, i) => variant(start + i));
      const results = await this.run(compiled, variants);
      for (let i = 0; i < here; i++) {
        const one = new Map([...results].map(([role, t]) => [role, sliceBatch(t, [i])]));
        yield { index: start + i, score: toNumbers(one.get("score")!)[0]!, results: one };
      }
    }
    this.report(count, count);
  }

  /** A probe's results for the image itself. */
  async once(probe: ModelProbe, roles: Readonly<Record<string, Tensor>> = {}): Promise<Outcome> {
    const results = await this.run(await this.compile(probe), [{ roles }]);
    return { index: 0, score: toNumbers(results.get("score")!)[0]!, results };
  }

  private compile({ key, forward, backward, replaced }: ModelProbe): Promise<Compiled> {
    const form = formOf(this.target);
    return backward
      ? this.compiler.backward(key, form, backward)
      : this.compiler.forward(key, form, forward!, replaced);
  }

  private async run(compiled: Compiled, variants: readonly Variant[]): Promise<Tensors> {
    this.control.signal?.throwIfAborted();
    const count = variants.length;
    const images = variants.map((v) => ("roles" in v ? this.x : imageOf(this.x, v)));
    const [first] = variants;
    const names = first && "roles" in first ? Object.keys(first.roles) : [];
    const roles = names.map((name) => {
      const values = variants.flatMap((v) => ("roles" in v ? [v.roles[name]!] : []));
      return [name, concatBatch(values)] as const;
    });
    return this.compiler.run(compiled, concatBatch(images), {
      target: repeated(this.target, count),
      others: this.others,
      roles: Object.fromEntries(roles),
    });
  }
}

export interface SamplerSetup {
  readonly x: Tensor;
  readonly pixels?: PixelRange;
  readonly score: number;
  readonly target: ResolvedContrast;
  /** Values of the model's other inputs, for this image. */
  readonly others: Tensors;
  readonly control: RunControl;
  readonly report: (done: number, total: number) => void;
}

/** Values as a tensor with the shape of `x`. */
function imageOf({ dtype, dims }: Tensor, numbers: ArrayLike<number>): Tensor {
  const isReady = numbers instanceof Float32Array && dtype === "float32";
  return isReady ? tensor("float32", dims, numbers) : fromNumbers(dtype, dims, numbers);
}

/** The target of one sample, repeated for each of its variants. */
function repeated(target: ResolvedContrast, count: number): ResolvedContrast {
  const { chosen, versus } = target;
  const classes = (list: readonly number[]): number[] => new Array<number>(count).fill(list[0]!);
  return {
    ...target,
    chosen: chosen === "top" || "seed" in chosen ? chosen : classes(chosen),
    ...(versus ? { versus: classes(versus) } : {}),
  };
}
