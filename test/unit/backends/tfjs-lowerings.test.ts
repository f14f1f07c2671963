import { expect, test } from "vitest";
import { lowerings, refused } from "../../../src/backends/tfjs/lower/table.js";
import { straightThroughDomain } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { qualifiedName } from "../../../src/ops/core/registry.js";

/** Engines run the operators whose gradient passes straight through as the standard ones. */
const operators = registry
  .all()
  .map((spec) => (spec.domain === straightThroughDomain ? spec.type : qualifiedName(spec)));

test("every operator with a record has a tfjs lowering, a definition or a reason for its absence", () => {
  const neither = operators.filter(
    (op) => !(op in lowerings) && !registry.get(op)?.definition && !(op in refused),
  );
  expect(neither).toEqual([]);
  expect(Object.keys(lowerings).filter((op) => op in refused)).toEqual([]);
});

test("every lowered operator has a record", () => {
  const known = new Set(operators);
  const strange = [...Object.keys(lowerings), ...Object.keys(refused)].filter(
    (op) => !known.has(op),
  );
  expect(strange).toEqual([]);
});

test("every operator with a gradient has a lowering", () => {
  const differentiable = registry.all().filter((spec) => typeof spec.vjp !== "string");
  expect(differentiable.filter((spec) => spec.type in refused).map((spec) => spec.type)).toEqual(
    [],
  );
});
