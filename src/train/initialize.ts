import { random, type Random } from "../tensor/random.js";
import { float32, elementCount, type Tensor } from "../tensor/tensor.js";
import type { Parameter } from "./parameters.js";

/**
 * Initializes parameters with the distributions of PyTorch's layers: weights and biases uniform within ±1/√fan_in
 * (Kaiming uniform with a = √5), normalization scales 1 and shifts 0, slopes ¼. Other parameters keep their value.
 *
 * @returns float32 values by name, determined by the seed
 */
export function initialize(parameters: readonly Parameter[], seed: number): Map<string, Tensor> {
  const numbers = random(seed);
  return new Map(parameters.map((p) => [p.name, fresh(p, numbers)]));
}

function fresh({ role, fanIn = 1, value }: Parameter, numbers: Random): Tensor {
  const fill = (make: () => number): Tensor =>
    float32(value.dims, Float32Array.from({ length: elementCount(value) }, make));
  switch (role) {
    case "weight":
    case "bias": {
      const bound = 1 / Math.sqrt(Math.max(1, fanIn));
      return fill(() => (2 * numbers.uniform() - 1) * bound);
    }
    case "scale":
      return fill(() => 1);
    case "shift":
      return fill(() => 0);
    case "slope":
      return fill(() => 0.25);
    case "other":
      return value;
  }
}
