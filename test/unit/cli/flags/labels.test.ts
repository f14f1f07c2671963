import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chooseLabels } from "../../../../src/cli/flags/labels.js";
import { findLabel, parseLabels } from "../../../../src/model/label-names.js";
import { InputError, TargetError } from "../../../../src/errors.js";

describe("parseLabels", () => {
  test.each([
    ["a JSON array", '["cat", "dog"]'],
    ["a JSON object", '{"0": "cat", "1": "dog"}'],
    ["a config.json", '{"model_type": "resnet", "id2label": {"1": "dog", "0": "cat"}}'],
    ["Keras's class index", '{"0": ["n02121808", "cat"], "1": ["n02084071", "dog"]}'],
    ["lines", "cat\ndog\n"],
    ["lines of Windows", "\ncat\r\ndog\r\n"],
  ])("reads %s", (_, text) => {
    const names = parseLabels(text);
    expect([names.get(0), names.get(1), names.size]).toEqual(["cat", "dog", 2]);
  });

  test.each([
    ["nothing", "", /no labels/],
    ["an empty array", "[]", /no labels/],
    ["broken JSON", "[1,", /not JSON/],
    ["numbers", "[1, 2]", /label of class 0 is not text/],
    ["empty lists", "[[], []]", /label of class 0 is not text/],
    ["names to numbers", '{"cat": "0"}', /"cat" is not a class number/],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseLabels(text)).toThrow(InputError);
    expect(() => parseLabels(text)).toThrow(message);
  });
});

describe("chooseLabels", () => {
  test("takes ImageNet's for 1000 classes, else none", async () => {
    const labels = await chooseLabels(undefined, 1000);
    expect(labels?.source).toBe("imagenet");
    expect(labels?.names.size).toBe(1000);
    expect(labels?.names.get(285)).toBe("Egyptian cat");
    expect(await chooseLabels(undefined, 10)).toBeUndefined();
  });
});

describe("findLabel", () => {
  const names = new Map([
    [3, "cat"],
    [4, "tiger cat"],
    [5, "Tiger shark"],
    [6, "crane"],
    [7, "crane"],
  ]);
  const labels = { source: "animals.txt", names };

  test.each([
    ["cat", 3],
    ["CAT", 3],
    ["tiger CAT", 4],
    ["shark", 5],
    ["ger c", 4],
  ])("%s is class %d", (text, index) => {
    expect(findLabel(text, labels)).toBe(index);
  });

  test.each([
    ["tiger", /--target tiger could be any of 4 tiger cat, 5 Tiger shark; give the number/],
    ["crane", /6 crane, 7 crane/],
    ["dog", /--target dog: no label of animals.txt contains it/],
  ])("%s is refused", (text, message) => {
    expect(() => findLabel(text, labels)).toThrow(TargetError);
    expect(() => findLabel(text, labels)).toThrow(message);
  });

  test("lists at most a dozen", () => {
    const many = new Map(Array.from({ length: 30 }, (_, i) => [i, `thing ${i}`]));
    expect(() => findLabel("thing", { source: "s", names: many })).toThrow(/ and 18 more/);
  });
});

test("two hundred thousand labels are read, and the last one is checked against the model", async () => {
  const path = join(tmpdir(), `fullgrad-labels-${process.pid}.txt`);
  writeFileSync(path, "name\n".repeat(200_000) + "last");
  try {
    const labels = await chooseLabels(path, 200_001);
    expect(labels!.names.get(200_000)).toBe("last");
    await expect(chooseLabels(path, 10)).rejects.toThrow(/it names class 200000/);
  } finally {
    rmSync(path);
  }
});

test.each(['{"id2label":null}', '{"id2label":3}', '{"id2label":{"0":null}}', "[[]]", "[", "{}"])(
  "labels %s are refused",
  (content) => {
    expect(() => parseLabels(content)).toThrow(InputError);
  },
);
