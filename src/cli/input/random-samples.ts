import type { PortReport } from "../../runtime/inspection-report.js";
import { UsageError } from "../../errors.js";
import type { ImageAxes } from "../../analysis/image-axes.js";
import { random } from "../../tensor/random.js";
import { isStatic, sizeOf } from "../../tensor/shape.js";
import { float32, type Tensor } from "../../tensor/tensor.js";

/** Default height and width of a model with open sizes, as in Model.inspect. */
const usualSize = 224;

/** Properties of a model's input beside its shape. */
interface Input {
  readonly imageAxes: ImageAxes | undefined;
  readonly takesBytes: boolean;
}

/**
 * Standard normal numbers in the shape of a model's input, or whole ones from 0 to 127, which every integer
 * type has, where it takes integers; 224x224 where height and
 * width are open. A model without an axis for samples gets one in front.
 *
 * @throws {UsageError} if the model leaves anything else open but the batch
 */
export function randomSamples(
  { name, shape }: PortReport,
  count: number,
  seed: number,
  { imageAxes, takesBytes }: Input = { imageAxes: undefined, takesBytes: false },
): Tensor {
  const spatial = imageAxes ? imageAxes.spatial : shape.length === 4 ? [2, 3] : [];
  const batch = imageAxes ? imageAxes.batch : 0;
  const sized = shape.map((d, i) => {
    if (i === batch) return count;
    return typeof d === "string" && spatial.length === 2 && spatial.includes(i) ? usualSize : d;
  });
  const dims = batch === undefined ? [count, ...sized] : sized;
  if (!isStatic(dims)) {
    throw new UsageError(
      `input "${name}" is [${shape.join(",")}], which leaves open what a random sample is; ` +
        "give a sample with --input",
    );
  }
  const numbers = random(seed);
  const number = (): number =>
    takesBytes ? Math.floor(numbers.uniform() * 128) : numbers.normal();
  return float32(dims, Float32Array.from({ length: sizeOf(dims) }, number));
}
