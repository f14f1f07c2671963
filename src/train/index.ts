/**
 * Training of classifiers: one training step as an ONNX graph, and the training loop.
 *
 * @module
 */
export { adam, type AdamOptions } from "./optimizers/adam.js";
export type { Checkpoint, CheckpointStore, EpochResult } from "./checkpoint.js";
export { checkpointFile } from "./checkpoint-file.js";
export {
  asClassifier,
  freshWeights,
  storedWeights,
  withWeights,
  type Classifier,
  type ClassifierOptions,
  type Weights,
} from "./classifier.js";
export { flipAndShift, type Augmentation } from "./data/augmentation.js";
export {
  channelStatistics,
  inMemory,
  normalized,
  subset,
  type Dataset,
  type Sample,
  type Split,
} from "./data/dataset.js";
export { openDataset } from "./data/open-dataset.js";
export type { Optimizer, Update } from "./optimizers/optimizer.js";
export type { ParameterRole } from "../ops/core/role.js";
export type { Parameter } from "./parameters.js";
export { accuracyOf, predict } from "./predict.js";
export { constant, cosine, stepped, type Schedule } from "./optimizers/schedule.js";
export { sgd, type SgdOptions } from "./optimizers/sgd.js";
export { smallCnn, type SmallCnnOptions } from "./networks/small-cnn.js";
export { smallResnet, type SmallResnetOptions } from "./networks/small-resnet.js";
export { registry } from "../ops/all.js";
export { prepare } from "../passes/prepare.js";
export { train, type BatchProgress, type TrainOptions, type TrainResult } from "./train.js";
export {
  trainingStep,
  type StateSlot,
  type StepOptions,
  type TrainingStep,
} from "./training-step.js";
