import { GraphBuilder } from "../src/onnx/builder.js";
import { ints } from "../src/onnx/attribute.js";
import type { TypedGraph, Value } from "../src/onnx/ir.js";
import { registry } from "../src/ops/all.js";
import { float32 } from "../src/tensor/tensor.js";

/**
 * ResNet-50 as PyTorch exports it (BatchNorm folded into 53 convolutions) with random weights: the cost of a pass does
 * not depend on the weights.
 */
export function resnet50(): TypedGraph {
  const x = { dtype: "float32", shape: ["N", 3, 224, 224] } as const;
  const empty: TypedGraph = {
    name: "resnet50",
    opsets: new Map([["", 18]]),
    inputs: [],
    outputs: [],
    nodes: [],
    constants: new Map(),
    metadata: new Map(),
    facts: new Map(),
  };
  const b = GraphBuilder.on(empty, registry.infer);
  const random = seeded(1);
  const weight = (dims: readonly number[], scale: number): Value => {
    const size = dims.reduce((p, d) => p * d, 1);
    return b.constant(
      float32(
        dims,
        Float32Array.from({ length: size }, () => scale * random()),
      ),
      "weight",
    );
  };
  const conv = (input: Value, channels: number, kernel: number, stride = 1): Value => {
    const from = Number(input.fact.shape[1]);
    const scale = Math.sqrt(6 / (from * kernel * kernel));
    const weights = [weight([channels, from, kernel, kernel], scale), weight([channels], 0.1)];
    const pad = Math.floor(kernel / 2);
    const attributes = {
      kernel_shape: ints([kernel, kernel]),
      strides: ints([stride, stride]),
      pads: ints([pad, pad, pad, pad]),
    };
    return b.op("Conv", [input, ...weights], attributes, "conv");
  };
  const relu = (v: Value): Value => b.op("Relu", [v], {}, "relu");

  const block = (input: Value, width: number, stride: number): Value => {
    const squeezed = relu(conv(input, width, 1));
    const expanded = conv(relu(conv(squeezed, width, 3, stride)), 4 * width, 1);
    const straight = stride === 1 && input.fact.shape[1] === 4 * width;
    return relu(b.add(expanded, straight ? input : conv(input, 4 * width, 1, stride)));
  };

  const image = b.input("input", x);
  const window = { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) };
  let y = b.op("MaxPool", [relu(conv(image, 64, 7, 2))], window);
  for (const [stage, depth] of [3, 4, 6, 3].entries()) {
    for (let i = 0; i < depth; i++) y = block(y, 64 * 2 ** stage, i === 0 && stage > 0 ? 2 : 1);
  }
  const pooled = b.op("Flatten", [b.op("GlobalAveragePool", [y])]);
  const logits = b.op("Gemm", [pooled, weight([2048, 1000], 0.02), weight([1000], 0.1)]);
  return b.build([{ name: "logits", value: logits }]);
}

/** Numbers in [-1, 1), the same in every run (Numerical Recipes' generator). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
