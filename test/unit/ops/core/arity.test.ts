import { expect, it } from "vitest";
import type { Node } from "../../../../src/onnx/ir.js";
import { registry } from "../../../../src/ops/all.js";
import { arityProblem } from "../../../../src/ops/core/arity.js";

function node(op: string, inputs: string[]): Node {
  return { name: "n", op, domain: "", inputs, outputs: ["y"], attributes: {} };
}

it("every operator's number of inputs is known", () => {
  const many = new Array<string>(9).fill("");
  const unknown = registry
    .all()
    .filter((spec) => arityProblem(node(spec.type, many), spec.arity) === undefined);
  expect(unknown.map((spec) => spec.type)).toEqual([]);
});

it("inputs that are needed must be there, others may be left out", () => {
  expect(arityProblem(node("Add", ["x"]), [2, 2])).toBe('it takes 2 inputs, not ("x")');
  expect(arityProblem(node("Add", ["x", ""]), [2, 2])).toBe('it takes 2 inputs, not ("x", "")');
  expect(arityProblem(node("Concat", []), [1, Infinity])).toBe(
    "it takes 1 to any number inputs, not ()",
  );
  expect(arityProblem(node("Clip", ["x", "", "max"]), [1, 3])).toBeUndefined();
});
