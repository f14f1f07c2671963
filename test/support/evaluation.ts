import { runGroup, type SampleRecord } from "../../src/evaluate/run.js";
import { Scorer, type Link, type Network } from "../../src/evaluate/scorer.js";
import type { Explainer, Subject } from "../../src/evaluate/subject.js";
import type { EvaluationTest } from "../../src/evaluate/test.js";
import { presets, type Preprocessing } from "../../src/image/preprocess.js";
import { float32, toNumbers } from "../../src/tensor/tensor.js";

/** One channel of bytes from 0 to 255, without scaling. */
export const bytes: Preprocessing = {
  ...presets.none,
  rescale: 1,
  mean: [0],
  std: [1],
  channels: "luma",
};

/** A picture of one channel. */
export function picture(
  [height, width]: readonly [number, number],
  data: readonly number[],
  target = 0,
): Subject {
  const x = float32([1, 1, height, width], data);
  return { name: "picture", x, target, seed: 1, preprocessing: bytes };
}

/** A network that is a function of the numbers of one image. */
export function networkOf(scores: (x: Float32Array) => readonly number[]): Network {
  return {
    predict: (x) => {
      const [count = 0] = x.dims;
      const numbers = Float32Array.from(toNumbers(x));
      const size = numbers.length / count;
      const rows = Array.from({ length: count }, (_, n) =>
        scores(numbers.subarray(n * size, (n + 1) * size)),
      );
      return Promise.resolve(float32([count, rows[0]!.length], rows.flat()));
    },
  };
}

/** f(x) = w·x, one score. */
export function linear(weights: readonly number[]): Network {
  return networkOf((x) => [x.reduce((sum, v, i) => sum + v * weights[i]!, 0)]);
}

/** An explainer with one map for all subjects, or a function of the subject. */
export function makerOf(
  map: ArrayLike<number> | ((subject: Subject) => ArrayLike<number>),
): Explainer {
  const make = typeof map === "function" ? map : () => map;
  return {
    name: "given",
    isBaseline: false,
    maps: (subjects) => Promise.resolve(subjects.map((s) => Float32Array.from(make(s)))),
  };
}

export interface Judgement {
  readonly network: Network;
  readonly subject: Subject;
  readonly maker: Explainer;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly link?: Link;
  readonly seed?: number;
  readonly randomized?: Explainer;
}

/** Runs a test on one subject and one map; other settings have their defaults. */
export async function judge(test: EvaluationTest, judgement: Judgement): Promise<SampleRecord> {
  const { network, subject, maker, link = "output", seed = 0, randomized } = judgement;
  const defaults = Object.fromEntries(
    Object.entries(test.settings).map(([name, setting]) => [name, setting.default]),
  );
  const found: SampleRecord[] = [];
  const failures = await runGroup(
    {
      test,
      settings: { ...defaults, ...judgement.settings },
      makers: [maker],
      scorer: new Scorer(network, link, 3),
      seed,
      ...(randomized ? { randomized: new Map([[maker, randomized]]) } : {}),
    },
    [subject],
    { find: () => undefined, add: (_, record) => found.push(record) },
  );
  if (failures.length > 0) throw new Error(failures[0]!.error);
  return found[0]!;
}
