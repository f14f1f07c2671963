import { TargetError } from "../errors.js";
import { isStatic, sizeOf } from "../tensor/shape.js";
import { float32, toNumbers, type Tensor } from "../tensor/tensor.js";
import type { MaskTarget, ResolvedTarget } from "./target.js";
import type { TargetPort } from "./resolve.js";

/** The seed [1 or N,…] of classes; a seed is returned unchanged. */
export function seedFrom(chosen: Exclude<ResolvedTarget, "top">, { shape }: TargetPort): Tensor {
  if ("seed" in chosen) return chosen.seed;
  const dims = shape.slice(1).map(Number);
  const size = sizeOf(dims);
  const data = new Float32Array(chosen.length * size);
  chosen.forEach((index, n) => (data[n * size + index] = 1));
  return float32([chosen.length, ...dims], data);
}

export function negated(seed: Tensor): Tensor<"float32"> {
  // 0 - v, because -0 would be written to a file as a different number.
  return float32(
    seed.dims,
    Float32Array.from(toNumbers(seed), (v) => 0 - v),
  );
}

/**
 * The seed of a mean over a mask: Σ m ⊙ y_c / Σ m, for an output [N,K,…] of fixed size.
 *
 * @param target its mask has the shape of one channel; without a class, the shape of one sample's output, in which an axis
 *   of a single channel is optional
 * @returns [1,…] float32
 * @throws {TargetError} if the mask does not fit the output, has a negative or non-finite weight, or is zero everywhere
 */
export function maskSeed(target: MaskTarget, { name, shape }: TargetPort): Tensor<"float32"> {
  const { mask, class: channel } = target;
  const dims = shape.slice(1);
  const refuse = (why: string): TargetError =>
    new TargetError(
      `target ${maskName(target)} does not fit output "${name}" [N,${dims.join(",")}]: ${why}`,
    );
  if (!isStatic(dims)) throw refuse("its size must be fixed (--size)");
  const [channels = 1, ...positions] = dims;
  if (channel === undefined && channels > 1 && mask.dims.length === positions.length) {
    throw refuse(`name the class, @0 to @${channels - 1}`);
  }
  const isWhole = channel === undefined && mask.dims.length === dims.length;
  const wanted = isWhole ? dims : positions;
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
  const from = isWhole ? 0 : (channel ?? 0) * sizeOf(positions);
  weights.forEach((weight, i) => (data[from + i] = weight / total));
  return float32([1, ...dims], data);
}

/** Its name in messages and results. */
export function maskName({ words, class: channel }: MaskTarget): string {
  return words ?? (channel === undefined ? "mask" : `mask@${channel}`);
}
