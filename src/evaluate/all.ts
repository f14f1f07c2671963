import { classSensitivity } from "./tests/class-sensitivity.js";
import { confidenceChange } from "./tests/confidence-change.js";
import { infidelity } from "./tests/infidelity.js";
import { insertionDeletion } from "./tests/insertion-deletion.js";
import { maxSensitivity } from "./tests/max-sensitivity.js";
import { parameterRandomization } from "./tests/parameter-randomization.js";
import { pixelPerturbation } from "./tests/pixel-perturbation.js";
import { pointingGame } from "./tests/pointing-game.js";
import { road } from "./tests/road.js";
import { sensitivityN } from "./tests/sensitivity-n.js";
import { sparseness } from "./tests/sparseness.js";
import type { EvaluationTest } from "./test.js";

/** Every test of maps on images, by its command-line name. */
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
