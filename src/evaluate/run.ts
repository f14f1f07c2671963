import type { EvaluationTest, Question, Values } from "./test.js";
import type { Scorer } from "./scorer.js";
import type { MapMaker, Subject } from "./subject.js";

/** What a test found of one image and method. */
export interface SampleRecord {
  readonly sample: string;
  readonly method: string;
  readonly target: number;
  /** Before anything was changed. */
  readonly output: number;
  readonly probability: number;
  /** null stands for a number that is not finite. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Something that went wrong with one image, or with one method on it. */
export interface SampleFailure {
  readonly sample: string;
  readonly method?: string;
  readonly error: string;
}

export interface TestRun {
  readonly test: EvaluationTest;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly makers: readonly MapMaker[];
  readonly scorer: Scorer;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** The makers of a network with random weights, where the test compares with one. */
  readonly randomized?: ReadonlyMap<MapMaker, MapMaker>;
}

/** Keeps what is finished. */
export interface Keeper {
  /** What is known already is not made again. */
  find(subject: Subject, maker: MapMaker): SampleRecord | undefined;
  /** Gets each result as soon as it is there. */
  add(subject: Subject, record: SampleRecord): void;
}

/**
 * Runs a test on a group of images of one shape. Maps are made of all of them at once, so that the same group gives the
 * same numbers again.
 */
export async function runGroup(
  run: TestRun,
  subjects: readonly Subject[],
  keeper: Keeper,
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
        failures.push({ sample: subject.name, method: maker.name, error: `the map holds ${bad}` });
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

/** Makes each thing once. */
function memo(): Question["once"] {
  const made = new Map<string, Promise<unknown>>();
  return <T>(key: string, make: () => Promise<T>): Promise<T> => {
    const known = made.get(key) ?? make();
    made.set(key, known);
    return known as Promise<T>;
  };
}

/** As JSON has them. */
function withNulls(values: Values): SampleRecord["values"] {
  return Object.fromEntries(
    Object.entries(values).map(([name, numbers]) => [
      name,
      numbers.map((v) => (Number.isFinite(v) ? v : null)),
    ]),
  );
}
