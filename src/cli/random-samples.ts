import type { PortReport } from "../analyzer/report.js";
import { UsageError } from "../errors.js";
import { random } from "../tensor/random.js";
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
  const numbers = random(seed);
  const values = Float64Array.from({ length: sizeOf(dims) }, () => numbers.normal());
  return fromNumbers(port.dtype, dims, values);
}
