import type { SettingsOf, SettingTable } from "../methods/core/settings.js";
import type { Score, Scorer } from "./scorer.js";
import type { MapMaker, Subject } from "./subject.js";

/** A number, or a curve, that a test takes of each image and method. */
export interface Measure {
  readonly name: string;
  /** For people, with its unit: "change of the logit |f(x) − f(x′)| / |f(x)|". */
  readonly title: string;
  readonly better: "lower" | "higher" | "neither";
  /** It has one number even where the test has an axis. */
  readonly single?: boolean;
}

/** What a curve runs along. */
export interface MeasureAxis {
  readonly title: string;
  readonly values: readonly number[];
  readonly log?: boolean;
  /** Values are parts of one, shown as percent. */
  readonly percent?: boolean;
}

/** What a test is asked: how good is this map of this image? */
export interface Question {
  readonly subject: Subject;
  /** The map of the subject [H·W], as its maker gave it. */
  readonly map: Float32Array;
  readonly maker: MapMaker;
  readonly scorer: Scorer;
  /** f(x) */
  readonly original: Score;
  /** Of the whole run. */
  readonly seed: number;
  /** The same method on a network with random weights, for tests with {@link EvaluationTest.stages}. */
  readonly randomized?: MapMaker;
  /** What all methods need of this subject, made once. `key` tells what it is. */
  readonly once: <T>(key: string, make: () => Promise<T>) => Promise<T>;
}

/** Numbers by measure: one for each place of the axis, or a single one. NaN where there is none. */
export type Values = Readonly<Record<string, readonly number[]>>;

/** A published way of judging saliency maps. */
export interface EvaluationTest<S extends SettingTable = SettingTable> {
  /** As command line and library know it: "pixel-perturbation". */
  readonly name: string;
  readonly title: string;
  /** Where it was published. */
  readonly paper: string;
  /** What is done, in a few sentences. */
  readonly about: string;
  readonly settings: S;
  measures(settings: SettingsOf<S>): readonly Measure[];
  /** What a good result does not mean. */
  readonly notShown: readonly string[];
  /** @param stages where the test has some: what they are called on the axis */
  axis?(settings: SettingsOf<S>, stages: readonly number[]): MeasureAxis;
  /**
   * Of tests that compare the network with others whose last layers are randomised: how many layers in each. Each stage
   * is a run of its own, which gives one number for each measure.
   */
  stages?(settings: SettingsOf<S>, layers: number): readonly number[];
  /** Images without a known place of the object are passed over. */
  readonly needsBoxes?: boolean;
  measure(question: Question, settings: SettingsOf<S>): Promise<Values>;
}

/** A test whose settings' types are those of its table. */
export function evaluationTest<S extends SettingTable>(test: EvaluationTest<S>): EvaluationTest {
  return test;
}

/** Biases that many tests share, in words. */
export const biases = {
  outOfDistribution:
    "Pictures with removed pixels are not like those the network was trained on. Part of the change comes from that " +
    "and not from the information that was removed (Hooker et al. 2019).",
  blur:
    "Maps that are smooth do better than their content deserves, because they remove connected regions and leave few " +
    "edges: the blur bias (Rong et al. 2022). Compare with the centre-blur baseline, which is smooth and knows nothing.",
  centre:
    "Objects of photographs are in the middle, so a map that looks there always does well. The centre-blur baseline is " +
    "that map.",
  network:
    "The numbers are about this network, these images and these settings. They say nothing about what a person " +
    "would find convincing, nor about whether the network is right.",
} as const;
