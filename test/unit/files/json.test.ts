import { expect, test } from "vitest";
import { InputError, ModelFormatError } from "../../../src/errors.js";
import {
  count,
  either,
  fields,
  finite,
  flag,
  list,
  nullable,
  oneOf,
  readJson,
  record,
  text,
} from "../../../src/files/json.js";

const cat = fields(
  { name: text, legs: count },
  { weights: list(nullable(finite)), kind: oneOf("house", "wild"), toys: record(flag) },
);

test("a matching value is returned without unknown fields", () => {
  const json = '\ufeff{"name":"Tom","legs":4,"weights":[1.5,null],"age":3}';
  expect(readJson(json, cat, "cat.json")).toEqual({ name: "Tom", legs: 4, weights: [1.5, null] });
});

test.each([
  ['{"name":"Tom"', "cat.json is not JSON, it is cut off: "],
  ["Tom", "cat.json is not JSON: "],
  ["null", "cat.json: it must be an object, but is null"],
  ["[]", "cat.json: it must be an object, but is a list of 0"],
  ['{"legs":4}', 'cat.json: "name" must be a string, but is missing'],
  ['{"name":{},"legs":4}', 'cat.json: "name" must be a string, but is an object'],
  ['{"name":"Tom","legs":-1}', 'cat.json: "legs" must be an integer from 0, but is -1'],
  ['{"name":"Tom","legs":1e300}', 'cat.json: "legs" must be an integer from 0, but is 1e+300'],
  [
    '{"name":"Tom","legs":4,"weights":[1,null,"x"]}',
    'cat.json: "weights[2]" must be a finite number, but is "x"',
  ],
  [
    '{"name":"Tom","legs":4,"kind":"tame"}',
    'cat.json: "kind" must be "house" or "wild", but is "tame"',
  ],
  [
    '{"name":"Tom","legs":4,"toys":{"ball":1}}',
    'cat.json: "toys.ball" must be true or false, but is 1',
  ],
])("%s is refused: %s", (json, message) => {
  expect(() => readJson(json, cat, "cat.json")).toThrow(message);
  expect(() => readJson(json, cat, "cat.json")).toThrow(InputError);
});

test("inherited properties do not count as fields", () => {
  expect(() => readJson("{}", fields({ constructor: text }), "x")).toThrow(
    /"constructor".*missing/,
  );
});

test("either() uses the first reader that accepts the value; the error type can be chosen", () => {
  const form = either(count, list(count));
  expect([readJson("3", form, "x"), readJson("[3]", form, "x")]).toEqual([3, [3]]);
  expect(() => readJson('"3"', form, "x", ModelFormatError)).toThrow(ModelFormatError);
});
