import { TargetError } from "../errors.js";
import { isStatic, sizeOf } from "../tensor/shape.js";
import { float32, toNumbers, type Tensor } from "../tensor/tensor.js";
import type { MaskTarget, ResolvedTarget } from "./target.js";
import type { TargetPort } from "./resolve.js";

/** The seed [1 or N,…] of classes, or of itself. */
export function seedFrom(chosen: Exclude<ResolvedTarget, "top">, { shape }: TargetPort): Tensor {
  if ("seed" in chosen) return chosen.seed;
  const dims = shape.slice(1).map(Number);
  const size = sizeOf(dims);
  const data = new Float32Array(chosen.length * size);
  chosen.forEach((index, n) => (data[n * size + index] = 1));
  return float32([chosen.length, ...dims], data);
}

export function negated(seed: Tensor): Tensor<"float32"> {
  // 0 - v, because -0 would be another number in a file.
  return float32(
    seed.dims,
    Float32Array.from(toNumbers(seed), (v) => 0 - v),
  );
}

/**
 * The seed of a mean over a mask: Σ m ⊙ y_c / Σ m, for an output [N,K,…] of fixed size.
 *
 * @param target its mask has the shape of one channel; without a class, that of the whole output of one sample, where an
 *   axis of a single channel may be left out
 * @returns [1,…] float32
 * @throws {TargetError} where the mask does not fit the output, has a weight that is no weight, or is empty
 */
export function maskSeed(target: MaskTarget, { name, shape }: TargetPort): Tensor<"float32"> {
  const { mask, class: channel } = target;
  const dims = shape.slice(1);
  const refuse = (why: string): TargetError =>
    new TargetError(
      `target ${maskName(target)} does not fit output "${name}" [N,${dims.join(",")}]: ${why}`,
    );
  if (!isStatic(dims)) throw refuse("its size must be fixed (--size)");
  const [channels = 1, ...places] = dims;
  if (channel === undefined && channels > 1 && mask.dims.length === places.length) {
    throw refuse(`name the class, @0 to @${channels - 1}`);
  }
  const isWhole = channel === undefined && mask.dims.length === dims.length;
  const wanted = isWhole ? dims : places;
  if (channel !== undefined && channel >= channels) {
    throw refuse(`classes are 0 to ${channels - 1}`);
  }
  if (mask.dims.join() !== wanted.join()) {
    throw refuse(
      `the mask is [${mask.dims.join(",")}], but the output has [${wanted.join(",")}] for it`,
    );
  }
  if (mask.dtype === "string") throw refuse("it holds text");
  const weights = Array.from(toNumbers(mask));
  const bad = weights.find((w) => !Number.isFinite(w) || w < 0);
  if (bad !== undefined) throw refuse(`it holds ${bad}; weights are 0 or more`);
  const total = weights.reduce((sum, w) => sum + w, 0);
  if (total === 0) throw refuse("it is 0 everywhere");
  const data = new Float32Array(sizeOf(dims));
  const from = isWhole ? 0 : (channel ?? 0) * sizeOf(places);
  weights.forEach((weight, i) => (data[from + i] = weight / total));
  return float32([1, ...dims], data);
}

/** What messages and results call it. */
export function maskName({ words, class: channel }: MaskTarget): string {
  return words ?? (channel === undefined ? "mask" : `mask@${channel}`);
}
