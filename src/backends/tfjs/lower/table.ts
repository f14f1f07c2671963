import { activations } from "./activations.js";
import { arithmetic } from "./arithmetic.js";
import { convolution } from "./convolution.js";
import { einsums } from "./einsum.js";
import { indexing } from "./indexing.js";
import { linear } from "./linear.js";
import { logic } from "./logic.js";
import type { Lowerings } from "./lowering.js";
import { movement } from "./movement.js";
import { normalization } from "./normalization.js";
import { pooling } from "./pooling.js";
import { quantization } from "./quantization.js";
import { reductions } from "./reductions.js";
import { resampling } from "./resampling.js";
import { sampling } from "./sampling.js";
import { scattering } from "./scattering.js";
import { selection } from "./selection.js";

/** Every operator that can be run. */
export const lowerings: Lowerings = {
  ...activations,
  ...arithmetic,
  ...convolution,
  ...einsums,
  ...indexing,
  ...linear,
  ...logic,
  ...movement,
  ...normalization,
  ...pooling,
  ...quantization,
  ...reductions,
  ...resampling,
  ...sampling,
  ...scattering,
  ...selection,
};

const size = "the size of its output depends on what is computed";
const bits = "tfjs works on the bits of integers on some of its back ends only";
const coordinates = "no lowering: it has no gradient either";

/** Operators of the rule book that cannot, and why. */
export const refused: Readonly<Record<string, string>> = {
  NonZero: size,
  NonMaxSuppression: size,
  Unique: size,
  Compress: size,
  Multinomial: "it draws random numbers",
  BitShift: bits,
  BitwiseAnd: bits,
  BitwiseOr: bits,
  BitwiseXor: bits,
  BitwiseNot: bits,
  RoiAlign: coordinates,
  MaxRoiPool: coordinates,
  DeformConv: coordinates,
  AffineGrid: coordinates,
};
