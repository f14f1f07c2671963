import { describe, expect, it } from "vitest";
import { planBiases } from "../../../src/analysis/bias-plan.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { emitFullGradient, type UnitTerm } from "../../../src/decomposition/full-gradient.js";
import { Session } from "../../../src/runtime/session.js";
import { int } from "../../../src/onnx/attribute.js";
import { type GraphBuilder } from "../../../src/onnx/builder.js";
import type { Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { float32, type Tensor } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";
import { newGraph } from "../../support/graphs.js";
import { Random } from "../../support/random.js";

type Build = (b: GraphBuilder, x: Value) => Value;

const dims = [2, 3, 4, 5];
const image = float32(dims, new Random(3).many(120, -3, 3));
const number = (b: GraphBuilder, value: number): Value => b.constant(float32([], [value]));

/** x → what is tested → the mean over space, [N, K]. */
function graphOf(build: Build) {
  const b = newGraph(20);
  const x = b.input("x", { dtype: "float32", shape: ["N", ...dims.slice(1)] });
  const y = build(b, x);
  const logits = b.op("ReduceMean", [y, b.ints([2, 3])], { keepdims: int(0) }, "logits");
  return b.build([{ name: "logits", value: logits }]);
}

/** "node: operators" of every unit. */
function units(build: Build): string[] {
  const graph = graphOf(build);
  return planBiases(graph, registry, "x", "logits").units.map((u) => `${u.node}: ${u.op}`);
}

/** The term of each unit, by the unit's node. */
async function terms(build: Build): Promise<ReadonlyMap<string, Tensor>> {
  const session = new Session(graphOf(build), registry, ortBackend({ threads: 1 }));
  const { biasTerms, samples } = await session.fullGradient(image, 1);
  await session.dispose();
  for (const { completeness } of samples) expect(completeness.conditioned).toBeLessThan(1e-5);
  return new Map(biasTerms.map(({ unit, term }) => [unit.node, term]));
}

const convolve = (b: GraphBuilder, x: Value, hint = "conv"): Value => {
  const weight = float32([3, 3, 1, 1], new Random(5).many(9, -1, 1));
  return b.op("Conv", [x, b.constant(weight), b.constant(float32([3], [1, 2, 3]))], {}, hint);
};

const silu: Build = (b, x) => b.mul(x, b.op("Sigmoid", [x]), "silu");
const geluOperator: Build = (b, x) => b.op("Gelu", [x], {}, "gelu");
const geluOfFive: Build = (b, x) => {
  const erf = b.op("Erf", [b.div(x, number(b, Math.SQRT2))]);
  return b.mul(b.mul(x, b.add(erf, number(b, 1))), number(b, 0.5), "gelu");
};
const hardSwishOperator: Build = (b, x) => b.op("HardSwish", [x], {}, "act");
const hardSwishOfFour: Build = (b, x) => {
  const shifted = b.op("Clip", [b.add(x, number(b, 3)), number(b, 0), number(b, 6)]);
  return b.div(b.mul(x, shifted), number(b, 6), "act");
};
const mishOperator: Build = (b, x) => b.op("Mish", [x], {}, "act");
const mishOfThree: Build = (b, x) => b.mul(x, b.op("Tanh", [b.op("Softplus", [x])]), "act");

describe("an activation is one unit, however it is written", () => {
  it("SiLU of two nodes", () => {
    expect(units(silu)).toEqual(["silu: Sigmoid+Mul"]);
  });

  it("GELU of five nodes", () => {
    expect(units(geluOfFive)).toEqual(["gelu: Div+Erf+Add+Mul+Mul"]);
  });

  it("ReLU6 by a Clip", () => {
    const relu6: Build = (b, x) => b.op("Clip", [x, number(b, 0), number(b, 6)], {}, "relu6");
    expect(units(relu6)).toEqual(["relu6: Clip"]);
  });

  it.each([
    ["GELU", geluOperator, geluOfFive],
    ["hard swish", hardSwishOperator, hardSwishOfFour],
    ["Mish", mishOperator, mishOfThree],
  ])("%s has the same term as one operator and as several", async (_, one, several) => {
    const [a, b] = [await terms(one), await terms(several)];
    expect([...b.keys()]).toEqual([...a.keys()]);
    for (const [node, term] of a) expect(relativeL2(b.get(node)!, term)).toBeLessThan(1e-5);
  });

  it.each([
    ["SiLU", silu],
    ["GELU", geluOfFive],
    ["hard swish", hardSwishOfFour],
    ["Mish", mishOfThree],
  ])("the term of %s is that of its nodes' biases, added", async (_, build) => {
    const graph = graphOf(build);
    const options = { input: "x", output: "logits", target: "top" } as const;
    const { b, units: all, gradients } = emitFullGradient(graph, registry, options);
    const [{ unit, term }] = all as [UnitTerm];
    const biases = unit.sites
      .map(({ output, rule }) => b.mul(gradients.of(output)!, rule.emit(b)))
      .reduce((p, q) => b.add(p, q));
    expect(unit.sites.length).toBeGreaterThan(1);
    const built = b.build([
      { name: "term", value: term() },
      { name: "biases", value: biases },
    ]);
    const executable = await ortBackend({ threads: 1 }).compile(built);
    const results = await executable.run(new Map([["x", image]]));
    await executable.dispose();
    expect(relativeL2(results.get("term")!, results.get("biases")!)).toBeLessThan(1e-5);
  });

  it("two in a row are one pointwise function", () => {
    expect(units((b, x) => b.op("Tanh", [silu(b, x)], {}, "tanh"))).toEqual([
      "tanh: Sigmoid+Mul+Tanh",
    ]);
  });
});

describe("a layer is never part of a region", () => {
  it("a convolution before an activation", () => {
    expect(units((b, x) => silu(b, convolve(b, x)))).toEqual(["conv: Conv", "silu: Sigmoid+Mul"]);
  });

  it("a vector that is added: a bias of its own", () => {
    const bias: Build = (b, x) => b.add(x, b.constant(float32([3, 1, 1], [1, 2, 3])), "bias");
    expect(units((b, x) => b.op("Tanh", [bias(b, x)], {}, "tanh"))).toEqual([
      "bias: Add",
      "tanh: Tanh",
    ]);
  });
});

describe("what joins two tensors is a unit of its own", () => {
  it("the gate of squeeze-and-excite", () => {
    const excite: Build = (b, x) => {
      const pooled = b.op("GlobalAveragePool", [x], {}, "pool");
      const gate = b.op("Sigmoid", [convolve(b, pooled, "expand")], {}, "sigmoid");
      return b.mul(x, gate, "gate");
    };
    expect(units(excite)).toEqual(["expand: Conv", "sigmoid: Sigmoid", "gate: Mul"]);
  });

  it("an attention gate of the image's own size", () => {
    const attend: Build = (b, x) =>
      b.mul(x, b.op("Sigmoid", [convolve(b, x)], {}, "sigmoid"), "gate");
    expect(units(attend)).toEqual(["conv: Conv", "sigmoid: Sigmoid", "gate: Mul"]);
  });

  it("a residual sum has no bias, and the activation after it stays by itself", () => {
    const residual: Build = (b, x) => {
      const sum = b.add(b.op("Tanh", [convolve(b, x)], {}, "tanh"), x, "sum");
      return b.op("Sigmoid", [sum], {}, "sigmoid");
    };
    expect(units(residual)).toEqual(["conv: Conv", "tanh: Tanh", "sigmoid: Sigmoid"]);
  });
});

describe("an activation right after a sum of two tensors", () => {
  const after =
    (activation: Build): Build =>
    (b, x) =>
      activation(b, b.add(convolve(b, x), x, "sum"));

  it("is one unit, without the sum", () => {
    expect(units(after(silu))).toEqual(["conv: Conv", "silu: Sigmoid+Mul"]);
  });

  it("has the same term as one operator and as several", async () => {
    const [a, b] = [await terms(after(geluOperator)), await terms(after(geluOfFive))];
    expect([...b.keys()]).toEqual([...a.keys()]);
    for (const [node, term] of a) expect(relativeL2(b.get(node)!, term)).toBeLessThan(1e-5);
  });
});

describe("a region ends where its values are used elsewhere", () => {
  const twoExits: Build = (b, x) => {
    const sigmoid = b.op("Sigmoid", [x], {}, "sigmoid");
    const product = b.mul(x, sigmoid, "product");
    return b.add(convolve(b, sigmoid), product, "sum");
  };

  it("so that a sigmoid with two readers is a unit, and the product another", () => {
    expect(units(twoExits)).toEqual(["sigmoid: Sigmoid", "product: Mul", "conv: Conv"]);
  });

  it("and it still adds up", async () => {
    const all = await terms(twoExits);
    expect([...all.keys()]).toEqual(["sigmoid", "product", "conv"]);
  });

  it("an output of the model is such a use", () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: [1, 3, 4, 5] });
    const sigmoid = b.op("Sigmoid", [x], {}, "sigmoid");
    const y = b.mul(x, sigmoid, "product");
    const logits = b.op("ReduceMean", [y, b.ints([2, 3])], { keepdims: int(0) }, "logits");
    const graph = b.build([
      { name: "logits", value: logits },
      { name: "sigmoid", value: sigmoid },
    ]);
    const plan = planBiases(graph, registry, "x", "logits");
    expect(plan.units.map((u) => u.node)).toEqual(["sigmoid", "product"]);
  });
});
