import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SampleJournal } from "../../../../src/cli/experiments/sample-journal.js";
import { Journal } from "../../../../src/cli/output/journal.js";
import type { SampleRecord } from "../../../../src/evaluate/run.js";
import { fields, finite, text } from "../../../../src/files/json.js";

let path = "";
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "fullgrad-journal-")), "runs.jsonl");
});
afterEach(() => {
  rmSync(join(path, ".."), { recursive: true });
});

describe("Journal", () => {
  const entry = fields({ name: text, value: finite });
  const open = (settings = "usual") => new Journal(path, settings, entry, ({ name }) => name);

  test("knows what was added before, of the same settings alone", () => {
    open().add({ name: "a", value: 1 });
    expect(open().find("a")).toEqual({ name: "a", value: 1 });
    expect(open("other").find("a")).toBeUndefined();
  });

  test.each(["null", "[]", "7", "{}", '{"run":3}', "no JSON", '{"run":"RUN","name":"a"}'])(
    "passes over a line %s",
    (line) => {
      const journal = open();
      journal.add({ name: "b", value: 2 });
      const { run } = JSON.parse(readFileSync(path, "utf8")) as { run: string };
      writeFileSync(path, `${line.replace("RUN", run)}\n${readFileSync(path, "utf8")}`);
      expect([open().find("a"), open().find("b")?.value]).toEqual([undefined, 2]);
    },
  );

  test("goes on behind a line that was cut off", () => {
    open().add({ name: "a", value: 1 });
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, whole + whole.slice(0, 20));
    open().add({ name: "b", value: 2 });
    expect([open().find("a")?.value, open().find("b")?.value]).toEqual([1, 2]);
  });

  test("two journals of one file lose nothing to each other", () => {
    const [one, other] = [open(), open()];
    for (let i = 0; i < 50; i++) (i % 2 ? one : other).add({ name: `${i}`, value: i });
    const all = open();
    expect(Array.from({ length: 50 }, (_, i) => all.find(`${i}`)?.value)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });
});

describe("SampleJournal", () => {
  const measures = [
    { name: "curve", title: "", better: "lower" },
    { name: "area", title: "", better: "lower", single: true },
  ] as const;
  const axis = { title: "", values: [0, 0.5] };
  const open = () => new SampleJournal(path, "usual", { measures, axis });
  const found = (values: SampleRecord["values"]): SampleRecord => ({
    ...{ sample: "cat.png", method: "fullgrad", target: 3, output: 2, probability: 0.5 },
    values,
  });

  test("gives back what it was given, numbers that are not finite as null", () => {
    const whole = found({ curve: [1, null], area: [3] });
    open().add("hash", whole);
    expect(open().find("hash", "cat.png", "fullgrad")).toEqual(whole);
  });

  test.each([[{}], [{ curve: [1, 2] }], [{ curve: [1], area: [3] }]])(
    "a record with the values %j is made anew",
    (values) => {
      open().add("hash", found(values));
      expect(open().find("hash", "cat.png", "fullgrad")).toBeUndefined();
    },
  );
});
