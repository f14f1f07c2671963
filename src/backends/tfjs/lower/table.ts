import { activations } from "./activations.js";
import { arithmetic } from "./arithmetic.js";
import { convolution } from "./convolution.js";
import { indexing } from "./indexing.js";
import { linear } from "./linear.js";
import { logic } from "./logic.js";
import type { Lowerings } from "./lowering.js";
import { movement } from "./movement.js";
import { pooling } from "./pooling.js";
import { reductions } from "./reductions.js";
import { resampling } from "./resampling.js";
import { scattering } from "./scattering.js";
import { selection } from "./selection.js";

/** Lowerings of all supported operators. */
export const lowerings: Lowerings = {
  ...activations,
  ...arithmetic,
  ...convolution,
  ...indexing,
  ...linear,
  ...logic,
  ...movement,
  ...pooling,
  ...reductions,
  ...resampling,
  ...scattering,
  ...selection,
};

const size = "the size of its output depends on computed values";
const bits = "tfjs supports bitwise integer operators on some of its back ends only";

/** Operators with a record that cannot be lowered, with the reason. */
export const refused: Readonly<Record<string, string>> = {
  NonZero: size,
  NonMaxSuppression: size,
  Unique: size,
  Compress: size,
  Multinomial: "it is random",
  BitShift: bits,
  BitwiseAnd: bits,
  BitwiseOr: bits,
  BitwiseXor: bits,
  BitwiseNot: bits,
  MaxRoiPool: "no lowering: it has no gradient either",
};
