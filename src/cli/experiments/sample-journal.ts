import type { SampleRecord } from "../../evaluate/run.js";
import type { MeasureAxis, Measure } from "../../evaluate/test.js";
import {
  count,
  fields,
  finite,
  list,
  Mismatch,
  nullable,
  number,
  record,
  text,
} from "../../files/json.js";
import { Journal } from "../output/journal.js";

const line = fields({
  /** Of the image's content. */
  input: text,
  sample: text,
  method: text,
  target: count,
  output: number,
  probability: number,
  values: record(list(nullable(finite))),
});

type Line = ReturnType<typeof line>;

/** The results of an evaluation by image and method. */
export class SampleJournal {
  private readonly journal: Journal<Line>;

  /** @param settings everything that a result depends on, but the image and the method */
  constructor(
    path: string,
    settings: unknown,
    { measures, axis }: { readonly measures: readonly Measure[]; readonly axis?: MeasureAxis },
  ) {
    const complete = (value: unknown): Line => {
      const found = line(value);
      for (const { name, single } of measures) {
        const numbers = axis && !single ? axis.values.length : 1;
        if (found.values[name]?.length !== numbers) throw new Mismatch(`${numbers} numbers`, name);
      }
      return found;
    };
    this.journal = new Journal(path, settings, complete, keyOf);
  }

  find(input: string, sample: string, method: string): SampleRecord | undefined {
    const found = this.journal.find(keyOf({ input, sample, method }));
    if (!found) return undefined;
    const { target, output, probability, values } = found;
    return { sample, method, target, output, probability, values };
  }

  add(input: string, found: SampleRecord): void {
    const values = Object.entries(found.values).map(([name, numbers]) => [name, [...numbers]]);
    this.journal.add({ input, ...found, values: Object.fromEntries(values) as Line["values"] });
  }
}

function keyOf({ input, sample, method }: Pick<Line, "input" | "sample" | "method">): string {
  return JSON.stringify([input, sample, method]);
}
