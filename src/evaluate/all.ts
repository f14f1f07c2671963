import { pixelPerturbation } from "./pixel-perturbation.js";
import type { EvaluationTest } from "./test.js";

/** Every test of a map on images, under the name that the command line knows it by. */
export const evaluationTests: readonly EvaluationTest[] = [pixelPerturbation];
