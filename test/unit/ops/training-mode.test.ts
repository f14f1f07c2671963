import { describe, expect, it } from "vitest";
import { planBiases } from "../../../src/analysis/bias-plan.js";
import { emitFullGradient } from "../../../src/decomposition/full-gradient.js";
import { UnsupportedModelError } from "../../../src/errors.js";
import { int } from "../../../src/onnx/attribute.js";
import type { TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { full } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

/** A BatchNormalization in training mode, of a weight or of the image. */
function normalizing(what: "weight" | "image"): TypedGraph {
  const b = newGraph();
  const image = b.input("x", { dtype: "float32", shape: ["N", 2] });
  const weight = b.constant(full("float32", [2, 2], 0.5), "weight");
  const vector = b.constant(full("float32", [2], 1), "vector");
  const from = what === "weight" ? weight : image;
  const inputs = [from, vector, vector, vector, vector];
  const [y] = b.call("BatchNormalization", inputs, { training_mode: int(1) }, { hint: "norm" });
  return b.build([{ name: "y", value: what === "weight" ? b.matmul(image, y!) : y! }]);
}

describe("BatchNormalization in training mode", () => {
  it("is a constant like any other where it standardizes a weight", () => {
    const graph = normalizing("weight");
    expect(planBiases(graph, registry, "x", "y").units).toEqual([]);
    const options = { input: "x", output: "y", target: "top" } as const;
    expect(() => emitFullGradient(graph, registry, options)).not.toThrow();
  });

  it("is refused, by name, where it mixes the samples", () => {
    const options = { input: "x", output: "y", target: "top" } as const;
    const attempt = (): unknown => emitFullGradient(normalizing("image"), registry, options);
    expect(attempt).toThrow(UnsupportedModelError);
    expect(attempt).toThrow(/"norm".*mixes samples: the model was exported in training mode/);
  });
});
