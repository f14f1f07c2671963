import type { SampleRecord } from "./run.js";

/** Merges records by sample and method, with one number per stage; incomplete ones are dropped. */
export function joinStages(stages: readonly (readonly SampleRecord[])[]): SampleRecord[] {
  const keyOf = ({ sample, method }: SampleRecord): string => JSON.stringify([sample, method]);
  const [first = [], ...rest] = stages.map(
    (records) => new Map(records.map((record) => [keyOf(record), record])),
  );
  return [...first].flatMap(([key, record]) => {
    const others = rest.flatMap((stage) => stage.get(key) ?? []);
    if (others.length < rest.length) return [];
    const values = Object.entries(record.values).map(([name, numbers]) => [
      name,
      [...numbers, ...others.flatMap((other) => other.values[name]!)],
    ]);
    return [{ ...record, values: Object.fromEntries(values) as SampleRecord["values"] }];
  });
}
