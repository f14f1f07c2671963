import type { SettingsOf, SettingTable } from "../methods/core/settings.js";
import type { Score, Scorer } from "./scorer.js";
import type { Explainer, Subject } from "./subject.js";

/** A number or curve that a test measures for each image and method. */
export interface Measure {
  readonly name: string;
  /** Display title, with its unit: "change of the logit |f(x) − f(x′)| / |f(x)|". */
  readonly title: string;
  readonly better: "lower" | "higher" | "neither";
  /** It is a single number even if the test has an axis. */
  readonly single?: boolean;
}

/** The horizontal axis of a curve. */
export interface MeasureAxis {
  readonly title: string;
  readonly values: readonly number[];
  readonly log?: boolean;
  /** Values are fractions, shown as percentages. */
  readonly percent?: boolean;
}

/** A test's input: one map of one image. */
export interface Question {
  readonly subject: Subject;
  /** The subject's map [H·W], as its maker returned it. */
  readonly map: Float32Array;
  readonly maker: Explainer;
  readonly scorer: Scorer;
  /** f(x) */
  readonly original: Score;
  /** The seed of the whole run. */
  readonly seed: number;
  /** The same method on a network with random weights, for tests with {@link EvaluationTest.stages}. */
  readonly randomized?: Explainer;
  /** Computes a value that all methods need for this subject once per `key`. */
  readonly once: <T>(key: string, make: () => Promise<T>) => Promise<T>;
}

/** Numbers by measure: one per position of the axis, or a single one. NaN if undefined. */
export type Values = Readonly<Record<string, readonly number[]>>;

/** A published evaluation of saliency maps. */
export interface EvaluationTest<S extends SettingTable = SettingTable> {
  /** Its name on the command line and in the library: "pixel-perturbation". */
  readonly name: string;
  readonly title: string;
  /** Its publication. */
  readonly paper: string;
  /** The procedure, in a few sentences. */
  readonly about: string;
  readonly settings: S;
  measures(settings: SettingsOf<S>): readonly Measure[];
  /** Limits: conclusions that a good result does not support. */
  readonly notShown: readonly string[];
  /** @param stages for tests with stages: their labels on the axis */
  axis?(settings: SettingsOf<S>, stages: readonly number[]): MeasureAxis;
  /**
   * For tests that compare the network with copies whose last layers are randomised: the number of layers at each
   * stage. Each stage is a separate run with one number per measure.
   */
  stages?(settings: SettingsOf<S>, layers: number): readonly number[];
  /** Whether images without a known object location are skipped. */
  readonly needsBoxes?: boolean;
  measure(question: Question, settings: SettingsOf<S>): Promise<Values>;
}

/** Defines a test; the types of its settings follow from its table. */
export function evaluationTest<S extends SettingTable>(test: EvaluationTest<S>): EvaluationTest {
  return test;
}

/** Limits that many tests share. */
export const biases = {
  outOfDistribution:
    "Pictures with removed pixels differ from the network's training data. Part of the change is due to that, not to " +
    "the removed information (Hooker et al. 2019).",
  blur:
    "Smooth maps are overrated, because they remove connected regions and create few edges: the blur bias (Rong et " +
    "al. 2022). Compare with the centre-blur baseline, which is smooth and ignores the network.",
  centre:
    "Photographs show their object in the middle, so a map that is high there always does well. The centre-blur baseline is " +
    "that map.",
  network:
    "The numbers hold for this network, these images and these settings. They do not measure whether a person finds " +
    "the map convincing, nor whether the network is right.",
} as const;
