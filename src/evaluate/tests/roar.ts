import type { TypedGraph } from "../../onnx/ir.js";
import { withWeights, type Classifier, type Weights } from "../../train/classifier.js";
import type { CheckpointStore } from "../../train/checkpoint.js";
import type { Dataset, Split } from "../../train/data/dataset.js";
import { predict } from "../../train/predict.js";
import { train, type TrainOptions, type TrainResult } from "../../train/train.js";
import {
  masks,
  onlyPixels,
  rankImages,
  withoutPixels,
  type PixelOrders,
  type RankingOptions,
} from "../removed-pixels.js";
import type { Explainer } from "../subject.js";

/**
 * The images that networks are trained on: "roar", those without their most salient pixels; "kar", those pixels alone
 * (keep and retrain); "mask", the positions of the pixels alone, which tell how much of the class their shape gives away.
 */
export const roarModes = ["roar", "kar", "mask"] as const;
export type RoarMode = (typeof roarModes)[number];

/** One network trained from scratch, with its accuracy. */
export interface RoarRun {
  /** Absent: "roar". */
  readonly mode?: Exclude<RoarMode, "roar">;
  /** The method whose maps ranked the pixels; "" without removal. */
  readonly method: string;
  /** The fraction of pixels removed from every training and test image; with "kar", the fraction that is kept. */
  readonly fraction: number;
  readonly seed: number;
  /** The accuracy on the test images that are changed in the same way. */
  readonly accuracy: number;
  /** Mean cross-entropy and training accuracy of the last epoch. */
  readonly loss: number;
  readonly trainingAccuracy: number;
}

export type RoarKey = Pick<RoarRun, "mode" | "method" | "fraction" | "seed">;

/** Stores finished results, from which a killed run resumes. */
export interface RoarKeeper {
  find(key: RoarKey): RoarRun | undefined;
  add(run: RoarRun): void;
  /** A path for unfinished work, by name. */
  checkpoint(name: string): CheckpointStore;
}

export interface RoarProgress {
  readonly key: RoarKey;
  /** The number of networks trained so far, and in total. */
  readonly done: number;
  readonly total: number;
  /** The finished fraction of the current network; absent while maps are computed. */
  readonly part?: number;
}

export interface RoarOptions {
  readonly classifier: Classifier;
  /** In the form of the network's input. */
  readonly data: Split;
  readonly modes: readonly RoarMode[];
  readonly fractions: readonly number[];
  readonly seeds: readonly number[];
  /** The training options of each network. */
  readonly training: Omit<
    TrainOptions,
    "seed" | "name" | "checkpoint" | "test" | "weights" | "onBatch" | "onEpoch"
  >;
  /** Makers of maps for the network trained on unchanged images with the first seed. */
  readonly makers: (network: TypedGraph) => readonly Explainer[];
  /** The class to explain: the network's prediction, or the image's label. */
  readonly target: "top" | "label";
  readonly ranking: RankingOptions;
  /** The replacement of removed pixels, one value per channel: the mean of the training images. */
  readonly color: readonly number[];
  readonly keeper: RoarKeeper;
  /** Called with the network that is explained, once it is trained. */
  readonly onNetwork?: (network: TypedGraph) => void;
  readonly onProgress?: (progress: RoarProgress) => void;
}

/**
 * Remove and retrain: the most salient pixels of every training and test image are replaced by the mean colour, a
 * network is trained on the result from scratch, and its test accuracy is measured. The lower the accuracy, the better
 * the map. For each seed one network is also trained without removal: fraction 0. Keep and retrain is the converse:
 * everything but those pixels is replaced, and the higher the accuracy, the better the map.
 *
 * All methods come to a fraction before the next one does, so that what an unfinished run has found compares them.
 *
 * @see S. Hooker, D. Erhan, P.-J. Kindermans, B. Kim, "A benchmark for interpretability methods in deep neural
 * networks", NeurIPS 2019.
 */
export async function roar(options: RoarOptions): Promise<readonly RoarRun[]> {
  return new Experiment(options).all();
}

class Experiment {
  private readonly options: RoarOptions;
  private readonly runs: RoarRun[] = [];
  private total = 0;

  constructor(options: RoarOptions) {
    this.options = options;
  }

  async all(): Promise<readonly RoarRun[]> {
    const { classifier, data, seeds, modes, fractions, makers, keeper, onNetwork } = this.options;
    this.total = seeds.length;
    const [first = 0, ...others] = seeds;
    const base = await this.train(
      { method: "", fraction: 0, seed: first },
      data,
      keeper.checkpoint("base"),
    );
    const network = withWeights(classifier, base.weights);
    onNetwork?.(network);
    const methods = makers(network);
    this.total += methods.length * fractions.length * modes.length * seeds.length;
    for (const seed of others)
      await this.once({ method: "", fraction: 0, seed }, () => Promise.resolve(data));
    const orders = new Map<Explainer, Promise<Orders>>();
    const ordersOf = (maker: Explainer): Promise<Orders> => {
      const known = orders.get(maker) ?? this.rank(maker, base.weights);
      orders.set(maker, known);
      return known;
    };
    const points = seeds.flatMap((seed) =>
      fractions.flatMap((fraction) => modes.map((mode) => ({ seed, fraction, mode }))),
    );
    for (const { seed, fraction, mode } of points) {
      for (const maker of methods) {
        const key = { ...(mode === "roar" ? {} : { mode }), method: maker.name, fraction, seed };
        await this.once(key, async () => this.change(await ordersOf(maker), mode, fraction));
      }
    }
    return this.runs;
  }

  private async once(key: RoarKey, data: () => Promise<Split>): Promise<void> {
    const { keeper } = this.options;
    const known = keeper.find(key);
    if (known) {
      this.runs.push(known);
      return;
    }
    this.report(key);
    const store = keeper.checkpoint(
      `${key.method} ${key.fraction} ${key.seed} ${key.mode ?? ""}`.trim(),
    );
    await this.train(key, await data(), store);
    await store.remove();
  }

  private async train(
    key: RoarKey,
    data: Split,
    checkpoint: CheckpointStore,
  ): Promise<TrainResult> {
    const { classifier, training, keeper } = this.options;
    const result = await train(classifier, data.train, {
      ...training,
      name: JSON.stringify(key),
      seed: key.seed,
      checkpoint,
      test: data.test,
      onBatch: ({ epoch, done, total }) => {
        this.report(key, (epoch + done / total) / training.epochs);
      },
    });
    const { testAccuracy = NaN, loss, accuracy } = result.history.at(-1)!;
    const run = { ...key, accuracy: testAccuracy, loss, trainingAccuracy: accuracy };
    if (!keeper.find(key)) keeper.add(run);
    this.runs.push(run);
    return result;
  }

  private async rank(maker: Explainer, weights: Weights): Promise<Orders> {
    const { classifier, data, ranking, target, training } = this.options;
    const rank = async (part: Dataset, name: string): Promise<PixelOrders> => {
      const targets =
        target === "top" ? await predict(classifier, weights, part, training.backend) : undefined;
      return rankImages(part, name, maker, targets, {
        ...ranking,
        ...(training.signal ? { signal: training.signal } : {}),
      });
    };
    return { train: await rank(data.train, "train"), test: await rank(data.test, "test") };
  }

  private change(orders: Orders, mode: RoarMode, fraction: number): Split {
    const { data, color } = this.options;
    const changed = (part: keyof Split): Dataset => {
      switch (mode) {
        case "roar":
          return withoutPixels(data[part], orders[part], fraction, color);
        case "kar":
          return onlyPixels(data[part], orders[part], fraction, color);
        case "mask":
          return masks(data[part], orders[part], fraction);
      }
    };
    return { train: changed("train"), test: changed("test") };
  }

  private report(key: RoarKey, part?: number): void {
    const { total } = this;
    this.options.onProgress?.({
      key,
      done: this.runs.length,
      total,
      ...(part === undefined ? {} : { part }),
    });
  }
}

interface Orders {
  readonly train: PixelOrders;
  readonly test: PixelOrders;
}
