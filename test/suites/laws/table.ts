import { activations } from "./activations.js";
import { arithmetic } from "./arithmetic.js";
import type { Row } from "./case.js";
import { attentions } from "./attention.js";
import { columnsToImage } from "./col2im.js";
import { convolution } from "./convolution.js";
import { indexing } from "./indexing.js";
import { linear } from "./linear.js";
import { movement } from "./movement.js";
import { normalizations } from "./normalizations.js";
import { pooling } from "./pooling.js";
import { recurrences } from "./recurrent.js";
import { reductions } from "./reductions.js";
import { resampling } from "./resampling.js";
import { signals } from "./signal.js";
import { selection } from "./selection.js";

/** Every operator that has a gradient, with the geometry it is tested over. A new operator is a new row. */
export const rows: readonly Row[] = [
  ...activations,
  ...arithmetic,
  ...attentions,
  ...columnsToImage,
  ...convolution,
  ...indexing,
  ...linear,
  ...movement,
  ...normalizations,
  ...pooling,
  ...recurrences,
  ...reductions,
  ...resampling,
  ...selection,
  ...signals,
];

/** Differentiable operators that no row can serve, and why. */
export const withoutRow: Readonly<Record<string, string>> = {
  QuantizeLinear: "rounds: its straight-through gradient is not the slope of what it computes",
  ...Object.fromEntries(
    ["Bernoulli", "Multinomial"].map((op) => [op, "draws: what it makes is a step function"]),
  ),
  ...Object.fromEntries(
    ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"].map((op) => [
      op,
      "makes numbers that depend on no element of its input",
    ]),
  ),
};
