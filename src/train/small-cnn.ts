import { float, int, ints } from "../onnx/attribute.js";
import { GraphBuilder } from "../onnx/builder.js";
import { factOf } from "../onnx/facts.js";
import type { TypedGraph, Value } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { full, type Tensor } from "../tensor/tensor.js";

export interface SmallCnnOptions {
  /** Shape of one image, [C,H,W]. */
  readonly shape: readonly number[];
  readonly classes: number;
  /** Channels of each convolution. Default 16, 32, 64. */
  readonly widths?: readonly number[];
}

/**
 * Builds a small classifier: 3x3 convolutions without bias, all but the first with stride 2, each followed by
 * BatchNorm and ReLU; then average pooling over 2x2 positions and a linear layer. Its weights are placeholders: see
 * freshWeights.
 *
 * @returns a graph from "input" [N,C,H,W] to "logits" [N,K] with PyTorch's parameter names: conv1.weight,
 *   norm1.weight, norm1.bias, norm1.running_mean, norm1.running_var, …, fc.weight, fc.bias
 */
export function smallCnn(
  registry: Registry,
  { shape, classes, widths = [16, 32, 64] }: SmallCnnOptions,
): TypedGraph {
  const [channels = 1, ...size] = shape;
  const last = size.map((extent) => Math.floor(Math.ceil(extent / 2 ** (widths.length - 1)) / 2));
  const constants = new Map<string, Tensor>();
  const declare = (name: string, dims: readonly number[], value: number): void => {
    constants.set(name, full("float32", dims, value));
  };
  widths.forEach((width, i) => {
    declare(`conv${i + 1}.weight`, [width, widths[i - 1] ?? channels, 3, 3], 0);
    for (const [name, value] of Object.entries(normDefaults)) {
      declare(`norm${i + 1}.${name}`, [width], value);
    }
  });
  const features = last.reduce((p, q) => p * q, widths.at(-1)!);
  declare("fc.weight", [classes, features], 0);
  declare("fc.bias", [classes], 0);

  const b = GraphBuilder.on(graphOf(constants), registry.infer);
  let x: Value = b.input("input", { dtype: "float32", shape: ["N", ...shape] });
  for (let i = 1; i <= widths.length; i++) {
    const weight = b.value(`conv${i}.weight`);
    const norm = Object.keys(normDefaults).map((name) => b.value(`norm${i}.${name}`));
    x = b.op("Conv", [x, weight], i === 1 ? whole : halving, `conv${i}`);
    x = b.op(
      "BatchNormalization",
      [x, ...norm],
      { epsilon: float(1e-5), momentum: float(0.9) },
      `norm${i}`,
    );
    x = b.op("Relu", [x], {}, `relu${i}`);
  }
  x = b.op("AveragePool", [x], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }, "pool");
  x = b.op("Flatten", [x], { axis: int(1) }, "flatten");
  x = b.op("Gemm", [x, b.value("fc.weight"), b.value("fc.bias")], { transB: int(1) }, "fc");
  return b.build([{ name: "logits", value: x }]);
}

/** Initial parameters of a BatchNorm, in input order. */
const normDefaults = { weight: 1, bias: 0, running_mean: 0, running_var: 1 };

const whole = { kernel_shape: ints([3, 3]), strides: ints([1, 1]), pads: ints([1, 1, 1, 1]) };
const halving = { ...whole, strides: ints([2, 2]) };

function graphOf(constants: ReadonlyMap<string, Tensor>): TypedGraph {
  return {
    name: "small-cnn",
    opsets: new Map([["", 18]]),
    inputs: [],
    outputs: [],
    nodes: [],
    constants,
    metadata: new Map(),
    facts: new Map([...constants].map(([name, t]) => [name, factOf(t)])),
  };
}
