import { describe, expect, it } from "vitest";
import { activePath } from "../../../src/analysis/active-path.js";
import { findBiases } from "../../../src/analysis/find-biases.js";
import { planBiases } from "../../../src/analysis/bias-plan.js";
import { int } from "../../../src/onnx/attribute.js";
import { type GraphBuilder } from "../../../src/onnx/builder.js";
import type { Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { full } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

type Build = (b: GraphBuilder, x: Value) => Value;

const ones = (b: GraphBuilder, ...dims: number[]): Value => b.constant(full("float32", dims, 1));

function graphOf(build: Build) {
  const b = newGraph();
  const y = build(b, b.input("x", { dtype: "float32", shape: ["N", 2, 4, 4] }));
  return b.build([{ name: y.name, value: y }]);
}

/** "node: kind" of every site. */
function biases(build: Build): string[] {
  const graph = graphOf(build);
  const path = activePath(graph, registry, ["x"]);
  const sites = findBiases(graph, registry, path, graph.outputs[0]!.name);
  return sites.map((s) => `${s.node.name}: ${s.kind}`);
}

describe("what adds something of its own", () => {
  it("a convolution with a bias, not one without", () => {
    const weight = (b: GraphBuilder): Value => ones(b, 2, 2, 1, 1);
    expect(biases((b, x) => b.op("Conv", [x, weight(b), ones(b, 2)], {}, "conv"))).toEqual([
      "conv: input",
    ]);
    expect(biases((b, x) => b.op("Conv", [x, weight(b)], {}, "conv"))).toEqual([]);
  });

  it("a BatchNormalization", () => {
    const norm: Build = (b, x) => {
      const v = ones(b, 2);
      return b.op("BatchNormalization", [x, v, v, v, v], {}, "norm");
    };
    expect(biases(norm)).toEqual(["norm: batch-norm"]);
  });

  it("a constant that is added, not one that is multiplied", () => {
    expect(biases((b, x) => b.mul(b.add(x, ones(b, 4), "sum"), ones(b, 4), "product"))).toEqual([
      "sum: constant",
    ]);
  });

  it("a padding value other than 0", () => {
    const pad = (value: number): Build => {
      return (b, x) => {
        const fill = b.constant(full("float32", [], value));
        return b.op("Pad", [x, b.ints([0, 0, 1, 1, 0, 0, 1, 1]), fill], {}, "pad");
      };
    };
    expect(biases(pad(0))).toEqual([]);
    expect(biases(pad(1))).toEqual(["pad: pad"]);
  });

  it("a non-linearity that is not homogeneous, and a gate", () => {
    const gate: Build = (b, x) => b.mul(x, b.op("Sigmoid", [x], {}, "sigmoid"), "gate");
    expect(biases(gate)).toEqual(["sigmoid: implicit", "gate: implicit"]);
    expect(biases((b, x) => b.op("Relu", [x]))).toEqual([]);
  });
});

describe("what adds nothing to the output", () => {
  it("a layer that the output does not come from", () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: [1, 2] });
    const side = b.add(x, ones(b, 2), "side");
    const y = b.op("Relu", [x], {}, "y");
    const graph = b.build([
      { name: "y", value: y },
      { name: "side", value: side },
    ]);
    const path = activePath(graph, registry, ["x"]);
    expect(findBiases(graph, registry, path, "y")).toEqual([]);
  });

  it("a computation on constants alone", () => {
    const scaled: Build = (b, x) => b.mul(x, b.op("Tanh", [ones(b, 4)], {}, "tanh"));
    expect(biases(scaled)).toEqual([]);
  });
});

describe("what depends on the image", () => {
  it("differentiably: not through comparisons, rounding or integers", () => {
    const graph = graphOf((b, x) => {
      const rounded = b.op("Floor", [x], {}, "rounded");
      const compared = b.op("Greater", [x, ones(b)], {}, "compared");
      const index = b.op("ArgMax", [x], { axis: int(1) }, "index");
      const masked = b.where(compared, x, rounded, "masked");
      return b.mul(masked, b.cast(index, "float32", "weights"), "y");
    });
    const { dependent, active } = activePath(graph, registry, ["x"]);
    expect([...active]).toEqual(["x", "masked", "y"]);
    expect([...dependent].filter((name) => !active.has(name))).toEqual([
      "rounded",
      "compared",
      "index",
      "weights",
    ]);
  });

  it("and what is known of a shape does not, once it is folded", () => {
    const graph = graphOf((b, x) => b.reshape(x, ["N", 32], "flat"));
    expect([...activePath(graph, registry, ["x"]).dependent]).toEqual(["x", "flat"]);
  });
});

describe("a unit's map", () => {
  it("is spatial with more than one pixel", () => {
    const graph = graphOf((b, x) => {
      const map = b.add(x, ones(b, 2, 1, 1), "map");
      const pixel = b.add(b.op("GlobalAveragePool", [map]), ones(b, 2, 1, 1), "pixel");
      return b.add(b.op("Flatten", [pixel]), ones(b, 2), "logits");
    });
    const { units } = planBiases(graph, registry, "x", "logits");
    expect(units.map((u) => [u.node, u.spatial])).toEqual([
      ["map", true],
      ["pixel", false],
      ["logits", false],
    ]);
  });
});
