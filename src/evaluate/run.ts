import type { EvaluationTest, Question, Values } from "./test.js";
import type { Scorer } from "./scorer.js";
import type { Explainer, Subject } from "./subject.js";

/** A test's result for one image and method. */
export interface SampleRecord {
  readonly sample: string;
  readonly method: string;
  readonly target: number;
  /** The output for the unchanged image. */
  readonly output: number;
  readonly probability: number;
  /** null represents a non-finite number. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** The failure of one image, or of one method on it. */
export interface SampleFailure {
  readonly sample: string;
  readonly method?: string;
  readonly error: string;
}

export interface TestRun {
  readonly test: EvaluationTest;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly makers: readonly Explainer[];
  readonly scorer: Scorer;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** The makers of a network with random weights, for tests that compare with one. */
  readonly randomized?: ReadonlyMap<Explainer, Explainer>;
}

/** Stores finished results. */
export interface ResultStore {
  /** Results known in advance, which are not computed again. */
  find(subject: Subject, maker: Explainer): SampleRecord | undefined;
  /** Called with each result as soon as it is available. */
  add(subject: Subject, record: SampleRecord): void;
}

/**
 * Runs a test on a group of images of one shape. Their maps are computed as one batch, so that the same group
 * reproduces the same numbers.
 */
export async function runGroup(
  run: TestRun,
  subjects: readonly Subject[],
  keeper: ResultStore,
): Promise<readonly SampleFailure[]> {
  const failures: SampleFailure[] = [];
  const shared = subjects.map(() => memo());
  for (const maker of run.makers) {
    if (subjects.every((subject) => keeper.find(subject, maker))) continue;
    run.signal?.throwIfAborted();
    const maps = await maker.maps(subjects);
    for (const [i, subject] of subjects.entries()) {
      if (keeper.find(subject, maker)) continue;
      run.signal?.throwIfAborted();
      const bad = maps[i]!.find((v) => !Number.isFinite(v));
      if (bad === undefined) {
        keeper.add(
          subject,
          await measure(run, { subject, maker, map: maps[i]!, once: shared[i]! }),
        );
      } else
        failures.push({
          sample: subject.name,
          method: maker.name,
          error: `the map contains ${bad}`,
        });
    }
  }
  return failures;
}

async function measure(
  { test, settings, scorer, seed, randomized }: TestRun,
  asked: Pick<Question, "subject" | "maker" | "map" | "once">,
): Promise<SampleRecord> {
  const { subject, maker, once } = asked;
  const [original] = await once("original", () => scorer.scores(subject, [subject.x.data]));
  const other = randomized?.get(maker);
  const question = {
    ...{ ...asked, scorer, original: original!, seed },
    ...(other ? { randomized: other } : {}),
  };
  const values = await test.measure(question, settings);
  return {
    sample: subject.name,
    method: maker.name,
    target: subject.target,
    output: original!.output,
    probability: original!.probability,
    values: withNulls(values),
  };
}

/** Computes the value of each key once. */
function memo(): Question["once"] {
  const made = new Map<string, Promise<unknown>>();
  return <T>(key: string, make: () => Promise<T>): Promise<T> => {
    const known = made.get(key) ?? make();
    made.set(key, known);
    return known as Promise<T>;
  };
}

/** In JSON's representation. */
function withNulls(values: Values): SampleRecord["values"] {
  return Object.fromEntries(
    Object.entries(values).map(([name, numbers]) => [
      name,
      numbers.map((v) => (Number.isFinite(v) ? v : null)),
    ]),
  );
}
