import { ints } from "../../onnx/attribute.js";
import type { TypedGraph, Value } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import { LayerParameters } from "./layers.js";

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
  const parameters = new LayerParameters();
  widths.forEach((width, i) => {
    parameters.convolution(`conv${i + 1}`, width, widths[i - 1] ?? channels, 3);
    parameters.norm(`norm${i + 1}`, width);
  });
  const features = last.reduce((p, q) => p * q, widths.at(-1)!);
  parameters.linear("fc", classes, features);

  const layers = parameters.layers("small-cnn", registry);
  let x: Value = layers.images(shape);
  for (let i = 1; i <= widths.length; i++) {
    x = layers.convolution(x, `conv${i}`, i === 1 ? 1 : 2);
    x = layers.relu(layers.norm(x, `norm${i}`), `relu${i}`);
  }
  const pooling = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) };
  x = layers.b.op("AveragePool", [x], pooling, "pool");
  return layers.build(layers.linear(x, "fc"));
}
