import { describe, expect, test } from "vitest";
import { kinkRuleOf, kinkRules } from "../../../fixtures/zoo/kinks.js";
import { int } from "../../../src/onnx/attribute.js";
import { float32, int64 } from "../../../src/tensor/tensor.js";
import type { Node } from "../../../src/onnx/ir.js";
import { emptyGraph } from "../../support/graphs.js";

const node = (op: string, more: Partial<Node> = {}): Node => ({
  name: "n",
  op,
  domain: "",
  inputs: ["x", "axes"],
  outputs: ["y"],
  attributes: {},
  ...more,
});

describe("the sides of a kink", () => {
  const graph = { ...emptyGraph(), constants: new Map([["axes", int64([-2])]]) };
  const x = float32([1, 3, 2], [1, 8, 5, 8, 3, 2]);

  test("a maximum lies at its first place, told in places of the whole input", () => {
    const places = kinkRules["ReduceMax"]!.sides(x, node("ReduceMax"), graph);
    expect(places).toMatchObject({ dtype: "int32", dims: [1, 1, 2] });
    expect([...(places.data as Int32Array)]).toEqual([2, 1]);
  });

  test("a reduction that drops its axis has one dimension less", () => {
    const dropping = node("ReduceMax", { attributes: { keepdims: int(0) } });
    expect(kinkRules["ReduceMax"]!.sides(x, dropping, graph).dims).toEqual([1, 2]);
  });

  test("at zero a ReLU is on its flat side, and at a bound HardSwish is outside", () => {
    const at = (op: string, values: number[]): number[] => [
      ...(kinkRules[op]!.sides(float32([3], values), node(op), graph).data as Uint8Array),
    ];
    expect(at("Relu", [-1, 0, 1])).toEqual([0, 0, 1]);
    expect(at("HardSwish", [-3, 0, 3])).toEqual([0, 1, 2]);
  });

  test("an operator with a kink and no rule is refused, one without a kink has none", () => {
    expect(() => kinkRuleOf(node("Abs"))).toThrow(/Abs/);
    expect(kinkRuleOf(node("Add"))).toBeUndefined();
  });
});
