import type { RoarMode, RoarRun } from "../../evaluate/tests/roar.js";
import { summarize, type MeasuredRecord } from "../../evaluate/summary.js";
import { biases, type MeasureAxis, type Measure } from "../../evaluate/test.js";
import type { Report } from "../../evaluate/report/report.js";

/** The accuracy in each mode, and which accuracy speaks for a map. */
const accuracies: Readonly<Record<RoarMode, Measure>> = {
  roar: { name: "accuracy", title: "test accuracy after retraining", better: "lower" },
  kar: {
    name: "kept-accuracy",
    title: "test accuracy after retraining on the most salient pixels alone",
    better: "higher",
  },
  mask: {
    name: "mask-accuracy",
    title: "test accuracy after training on the places of the pixels alone",
    better: "neither",
  },
};

/** The report on the trained networks. */
export function roarReport(
  runs: readonly RoarRun[],
  modes: readonly RoarMode[],
  fractions: readonly number[],
  baselines: readonly string[],
  told: Pick<Report, "subtitle" | "facts" | "provenance"> & { readonly seed: number },
): Report {
  const keeps = modes.includes("kar");
  const axis: MeasureAxis = {
    title: `most salient pixels removed${keeps ? ", or kept" : ""}`,
    // Only without removal there is something to learn from at 0.
    values: modes.includes("roar") ? [0, ...fractions] : fractions,
    percent: true,
  };
  const measures = modes.map((mode) => accuracies[mode]);
  const records = recordsOf(runs, modes, axis.values);
  const { seed, ...rest } = told;
  return {
    ...rest,
    name: "roar",
    title: "Remove and retrain",
    paper:
      "S. Hooker, D. Erhan, P.-J. Kindermans, B. Kim, A Benchmark for Interpretability Methods in Deep Neural Networks, " +
      "NeurIPS 2019; S. Srinivas, F. Fleuret, Full-Gradient Representation for Neural Network Visualization, NeurIPS 2019",
    about:
      "The most salient pixels of every training and test image are replaced by the mean colour of the training images, " +
      "a network is trained on what is left, from scratch, and its test accuracy is measured. A better map leaves less to " +
      "learn from, so its accuracy is lower. To keep and retrain is the converse: all other pixels are replaced, and a better " +
      "map leaves more. The accuracy of networks that see the places of the pixels alone tells how much of the class their " +
      "shape gives away.",
    notShown: [
      "Removed pixels leave a shape. A network can learn from where they were, so that a map which draws the object's " +
        "outline may keep the accuracy high although it found all of it (Rong et al. 2022).",
      "Random removal spares a little everywhere, and networks fill gaps well: it is a strong baseline at small fractions.",
      biases.blur,
      biases.centre,
      "The maps explain one network; the retrained ones may use other pixels. What is measured is how much of the " +
        "information about the class the map found, not how that network uses it.",
      "The interval is of a few seeds. It says how much training varies, not how other images or networks would do.",
    ],
    measures,
    axis,
    records,
    unit: ["seed", "seeds"],
    baselines,
    failures: [],
    summary: summarize(records, measures, axis, seed),
  };
}

/** A record for each method and seed: its accuracy at each fraction, none of which is the method's own at 0. */
function recordsOf(
  runs: readonly RoarRun[],
  modes: readonly RoarMode[],
  fractions: readonly number[],
): MeasuredRecord[] {
  const methods = [...new Set(runs.map((run) => run.method))].filter((method) => method !== "");
  const seeds = [...new Set(runs.map((run) => run.seed))];
  const accuracy = (mode: RoarMode, method: string, seed: number, at: number): number | null =>
    runs.find(
      (run) =>
        (run.mode ?? "roar") === mode &&
        run.seed === seed &&
        run.fraction === at &&
        (at === 0 || run.method === method),
    )?.accuracy ?? null;
  return methods.flatMap((method) =>
    seeds.map((seed) => ({
      sample: `seed ${seed}`,
      method,
      values: Object.fromEntries(
        modes.map((mode) => [
          accuracies[mode].name,
          fractions.map((fraction) => accuracy(mode, method, seed, fraction)),
        ]),
      ),
    })),
  );
}
