import { classSensitivity } from "./class-sensitivity.js";
import { confidenceChange } from "./confidence-change.js";
import { infidelity } from "./infidelity.js";
import { insertionDeletion } from "./insertion-deletion.js";
import { maxSensitivity } from "./max-sensitivity.js";
import { parameterRandomization } from "./parameter-randomization.js";
import { pixelPerturbation } from "./pixel-perturbation.js";
import { pointingGame } from "./pointing-game.js";
import { road } from "./road.js";
import { sensitivityN } from "./sensitivity-n.js";
import { sparseness } from "./sparseness.js";
import type { EvaluationTest } from "./test.js";

/** Every test of a map on images, under the name that the command line knows it by. */
export const evaluationTests: readonly EvaluationTest[] = [
  pixelPerturbation,
  insertionDeletion,
  road,
  confidenceChange,
  infidelity,
  maxSensitivity,
  sensitivityN,
  sparseness,
  parameterRandomization,
  classSensitivity,
  pointingGame,
];
