import type { PortReport } from "../analyzer/report.js";
import { UsageError } from "../errors.js";
import { isStatic, sizeOf } from "../tensor/shape.js";
import { fromNumbers, type Tensor } from "../tensor/tensor.js";

/** Height and width where the model leaves them open, as Model.inspect has them. */
const usualSize = 224;

/**
 * Standard normal numbers in the shape of a model's input; 224x224 where height and width are open.
 *
 * @throws {UsageError} where the model leaves anything else open but the batch
 */
export function randomSamples(port: PortReport, count: number, seed: number): Tensor {
  const isImage = port.shape.length === 4;
  const rest = port.shape
    .slice(1)
    .map((d, i) => (isImage && i > 0 && typeof d === "string" ? usualSize : d));
  if (!isStatic(rest)) {
    throw new UsageError(
      `input "${port.name}" is [${port.shape.join(",")}], which leaves open what a random sample is; ` +
        "give a sample with --input",
    );
  }
  const dims = [count, ...rest];
  const next = uniform(seed);
  const values = Float64Array.from({ length: sizeOf(dims) }, () => normal(next));
  return fromNumbers(port.dtype, dims, values);
}

/** Box and Muller, 1958; 1 − u is never 0. */
function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Numbers in [0, 1) from a 32-bit seed: T. Ettinger's mulberry32 (public domain). */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
