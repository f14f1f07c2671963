import { activations } from "./activations.js";
import { arithmetic } from "./arithmetic.js";
import { convolution } from "./convolution.js";
import { indexing } from "./indexing.js";
import { linear } from "./linear.js";
import { logic } from "./logic.js";
import { movement } from "./movement.js";
import { normalization } from "./normalization.js";
import { pooling } from "./pooling.js";
import { reductions } from "./reductions.js";
import { Registry } from "./registry.js";
import { resampling } from "./resampling.js";
import { shapeArithmetic } from "./shape-arithmetic.js";
import { softmaxes } from "./softmax.js";

/** The rule book: every operator that this library understands. */
export const registry: Registry = Registry.of([
  ...activations,
  ...arithmetic,
  ...convolution,
  ...indexing,
  ...linear,
  ...logic,
  ...movement,
  ...normalization,
  ...pooling,
  ...reductions,
  ...resampling,
  ...shapeArithmetic,
  ...softmaxes,
]);
