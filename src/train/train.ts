import type { Backend, Executable } from "../backends/backend.js";
import { InputError } from "../errors.js";
import type { Registry } from "../ops/core/registry.js";
import { staticShape } from "../tensor/shape.js";
import { random } from "../tensor/random.js";
import { shuffle } from "../tensor/shuffle.js";
import { full, toNumbers, type Tensor } from "../tensor/tensor.js";
import { accuracyOf } from "./predict.js";
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type Checkpoint,
  type CheckpointStore,
  type EpochResult,
} from "./checkpoint.js";
import { freshWeights, scalarOf, type Classifier, type Weights } from "./classifier.js";
import { augmented, type Augmentation } from "./data/augmentation.js";
import { gatherBatch, type Dataset } from "./data/dataset.js";
import type { Optimizer } from "./optimizers/optimizer.js";
import type { Schedule } from "./optimizers/schedule.js";
import { trainingStep, type TrainingStep } from "./training-step.js";

export interface TrainOptions {
  readonly backend: Backend;
  readonly registry: Registry;
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  /** Seed of the initial weights, the image order and the augmentation. */
  readonly seed: number;
  /** Changes the training images anew in each epoch. Default: no change. */
  readonly augmentation?: Augmentation;
  /** Name of the run, which a checkpoint must match. */
  readonly name?: string;
  /** Initial weights. Default: newly initialized. */
  readonly weights?: Weights;
  /** Test set, evaluated after each epoch. */
  readonly test?: Dataset;
  /** Written after each epoch. A matching checkpoint is resumed with identical results. */
  readonly checkpoint?: CheckpointStore;
  readonly signal?: AbortSignal;
  readonly onBatch?: (done: BatchProgress) => void;
  readonly onEpoch?: (result: EpochResult) => void;
}

export interface BatchProgress {
  /** Counted from 0. */
  readonly epoch: number;
  /** Completed batches of this epoch, and their total. */
  readonly done: number;
  readonly total: number;
}

export interface TrainResult {
  readonly weights: Weights;
  readonly history: readonly EpochResult[];
}

/**
 * Trains a network with mini-batches, in a new random order each epoch. The last batch of an epoch may be smaller.
 *
 * Identical settings, data and back end give identical weights, even if the run was interrupted and resumed.
 *
 * @throws {InputError} if the data do not match the network, or the checkpoint belongs to another run
 * @throws the reason of `signal`, between two batches
 */
export async function train(
  classifier: Classifier,
  data: Dataset,
  options: TrainOptions,
): Promise<TrainResult> {
  checkData(classifier, data);
  const { backend, epochs, batch, optimizer, schedule, checkpoint, test, signal, augmentation } =
    options;
  const steps = new StepsBySize(classifier, options);
  const settings = settingsOf(data, options);
  const saved = await checkpoint?.read();
  let now: Checkpoint = saved
    ? decodeCheckpoint(saved, settings)
    : start(classifier, options, settings);
  try {
    while (now.history.length < epochs) {
      const epoch = now.history.length;
      const order = epochOrder(data.length, options.seed, epoch);
      const images = augmentation ? augmented(data, augmentation, options.seed, epoch) : data;
      const total = Math.ceil(data.length / batch);
      let { state, step } = now;
      let [loss, correct] = [0, 0];
      for (let done = 0; done < total; done++) {
        signal?.throwIfAborted();
        const indices = order.subarray(done * batch, (done + 1) * batch);
        const result = await steps.run(
          state,
          await gatherBatch(images, indices),
          optimizer.values(++step, schedule.rate(epoch)),
        );
        state = result.state;
        loss += result.loss * indices.length;
        correct += result.correct;
        options.onBatch?.({ epoch, done: done + 1, total });
      }
      const result: EpochResult = {
        epoch: epoch + 1,
        loss: loss / data.length,
        accuracy: correct / data.length,
        ...(test
          ? {
              testAccuracy: await accuracyOf(
                classifier,
                weightsIn(state, classifier),
                test,
                backend,
              ),
            }
          : {}),
      };
      now = { settings, step, history: [...now.history, result], state };
      await checkpoint?.write(encodeCheckpoint(now));
      options.onEpoch?.(result);
    }
    return { weights: weightsIn(now.state, classifier), history: now.history };
  } finally {
    await steps.dispose();
  }
}

/** Image order of an epoch, determined by seed and epoch. */
export function epochOrder(images: number, seed: number, epoch: number): Uint32Array {
  const inOrder = Uint32Array.from({ length: images }, (_, i) => i);
  return shuffle(inOrder, random(seed ^ Math.imul(epoch + 1, 0x9e3779b1)));
}

function checkData({ shape, classes, input }: Classifier, data: Dataset): void {
  if (data.length === 0) throw new InputError("there are no images to train on");
  if (data.shape.join() !== shape.join()) {
    throw new InputError(
      `input "${input}" takes images [${shape.join(",")}], not [${data.shape.join(",")}]`,
    );
  }
  if (data.classes > classes) {
    throw new InputError(`the data have ${data.classes} classes, the network ${classes}`);
  }
}

/** Everything that determines a run's results, as text. */
function settingsOf(
  data: Dataset,
  { name, epochs, batch, optimizer, schedule, seed, augmentation }: TrainOptions,
): string {
  return JSON.stringify({
    name,
    images: data.length,
    epochs,
    batch,
    optimizer: optimizer.name,
    schedule: schedule.name,
    seed,
    augmentation: augmentation?.name,
  });
}

function start(classifier: Classifier, options: TrainOptions, settings: string): Checkpoint {
  const state = options.weights ?? freshWeights(classifier, options.seed);
  return { settings, step: 0, history: [], state };
}

function weightsIn(
  state: ReadonlyMap<string, Tensor>,
  { parameters, statistics }: Classifier,
): Weights {
  const names = [
    ...parameters.map((p) => p.name),
    ...statistics.flatMap((s) => [s.mean, s.variance]),
  ];
  return new Map(
    names.map((name) => {
      const value = state.get(name);
      if (value) return [name, value];
      throw new InputError(`the checkpoint lacks "${name}"; remove it to start anew`);
    }),
  );
}

interface StepResult {
  readonly state: ReadonlyMap<string, Tensor>;
  readonly loss: number;
  readonly correct: number;
}

/** Training steps compiled per batch size: the regular one, and the last of an epoch. */
class StepsBySize {
  private readonly classifier: Classifier;
  private readonly options: TrainOptions;
  private readonly compiled = new Map<number, { step: TrainingStep; executable: Executable }>();

  constructor(classifier: Classifier, options: TrainOptions) {
    this.classifier = classifier;
    this.options = options;
  }

  async run(
    state: ReadonlyMap<string, Tensor>,
    { images, labels }: { images: Tensor; labels: Tensor },
    scalars: readonly number[],
  ): Promise<StepResult> {
    const { step, executable } = await this.forSize(images.dims[0]!);
    const kept = step.state.map(
      ({ input }) => [input, state.get(input) ?? zeros(step, input)] as const,
    );
    const numbers = step.scalars.map((name, i) => [name, scalarOf(scalars[i]!)] as const);
    const found = await executable.run(
      new Map<string, Tensor>([...kept, ...numbers, [step.images, images], [step.labels, labels]]),
    );
    return {
      // Keep state that the step does not output, such as weights that the loss does not depend on.
      state: new Map([
        ...state,
        ...step.state.map(({ input, output }) => [input, found.get(output)!] as const),
      ]),
      loss: toNumbers(found.get(step.loss)!)[0]!,
      correct: toNumbers(found.get(step.correct)!)[0]!,
    };
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.compiled.values()].map((c) => c.executable.dispose()));
  }

  private async forSize(batch: number): Promise<{ step: TrainingStep; executable: Executable }> {
    const known = this.compiled.get(batch);
    if (known) return known;
    const { registry, optimizer, backend } = this.options;
    const step = trainingStep(this.classifier, registry, { batch, optimizer });
    const fresh = { step, executable: await backend.compile(step.graph) };
    this.compiled.set(batch, fresh);
    return fresh;
  }
}

function zeros({ graph }: TrainingStep, name: string): Tensor {
  const { dtype, shape } = graph.facts.get(name)!;
  return full(dtype, staticShape(shape, name), 0);
}
