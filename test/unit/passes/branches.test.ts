import { describe, expect, it } from "vitest";
import { importModel } from "../../../src/onnx/import/import.js";
import type { GraphProto, ModelProto } from "../../../src/onnx/file/schema.js";
import { registry } from "../../../src/ops/all.js";
import { prepare } from "../../../src/passes/prepare.js";
import { floats, graphAttribute, ints, model, node } from "../onnx/small-models.js";

/** x [1,3,1,1] through an If with a known condition. */
function branching(branch: GraphProto, opset: bigint, more: GraphProto = {}): ModelProto {
  const other = { node: [node("Neg", ["x"], ["other"])], output: [floats("other")] };
  const attribute = [graphAttribute("then_branch", branch), graphAttribute("else_branch", other)];
  const graph = {
    ...more,
    node: [...(more.node ?? []), node("If", ["yes"], ["y"], { attribute, name: "if" })],
    initializer: [{ name: "yes", dataType: 9, int32Data: Int32Array.of(1) }],
    input: [floats("x", 1, 3, 1, 1)],
    output: [floats("y")],
  };
  return model(graph, { opsetImport: [{ domain: "", version: opset }] });
}

describe("the branch of an If", () => {
  it("uses the model's operator set: before 13, Squeeze has axes as an attribute", async () => {
    const squeeze = node("Squeeze", ["x"], ["s"], { attribute: [ints("axes", 3n)] });
    const proto = branching({ node: [squeeze], output: [floats("s")] }, 11n);
    const graph = prepare(await importModel(proto), registry);
    expect(graph.outputs[0]!.fact.shape).toEqual([1, 3, 1]);
  });

  it("is rejected if its generated names already exist in the model", async () => {
    const branch = { node: [node("Relu", ["x"], ["r"])], output: [floats("r")] };
    const before = { node: [node("Abs", ["x"], ["if/r"])] };
    const graph = await importModel(branching(branch, 18n, before));
    expect(() => prepare(graph, registry)).toThrow(/writes "if\/r" a second time/);
  });
});
