import type { TypedGraph, Value } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import { LayerParameters } from "./layers.js";

export interface SmallResnetOptions {
  /** Shape of one image, [C,H,W]. */
  readonly shape: readonly number[];
  readonly classes: number;
  /** Channels of each residual block. Default 32, 64, 128. */
  readonly widths?: readonly number[];
}

/**
 * Builds a residual network for small images (He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition,
 * CVPR 2016): a 3x3 convolution with stride 2, one basic block for each width, all but the first with stride 2, global
 * average pooling and a linear layer. Where a block changes the shape, its shortcut is a 1x1 convolution. Every
 * convolution has a BatchNorm and no bias. Its weights are placeholders: see freshWeights.
 *
 * @returns a graph from "input" [N,C,H,W] to "logits" [N,K] with the parameter names of torchvision's ResNet:
 *   conv1.weight, bn1.weight, …, layer1.0.conv1.weight, …, layer2.0.downsample.0.weight, …, fc.weight, fc.bias
 */
export function smallResnet(
  registry: Registry,
  { shape, classes, widths = [32, 64, 128] }: SmallResnetOptions,
): TypedGraph {
  const [channels = 1] = shape;
  const [first = 1] = widths;
  const blocks = widths.map((width, i) => ({
    name: `layer${i + 1}.0`,
    width,
    from: widths[i - 1] ?? first,
    stride: i === 0 ? 1 : 2,
  }));
  const parameters = new LayerParameters();
  const declare = (name: string, norm: string, into: number, from: number, kernel = 3): void => {
    parameters.convolution(name, into, from, kernel);
    parameters.norm(norm, into);
  };
  declare("conv1", "bn1", first, channels);
  for (const { name, width, from, stride } of blocks) {
    declare(`${name}.conv1`, `${name}.bn1`, width, from);
    declare(`${name}.conv2`, `${name}.bn2`, width, width);
    if (stride > 1) declare(`${name}.downsample.0`, `${name}.downsample.1`, width, from, 1);
  }
  parameters.linear("fc", classes, widths.at(-1) ?? first);

  const layers = parameters.layers("small-resnet", registry);
  const convolved = (x: Value, name: string, norm: string, stride: number): Value =>
    layers.norm(layers.convolution(x, name, stride), norm);
  let x = layers.relu(convolved(layers.images(shape), "conv1", "bn1", 2), "relu");
  for (const { name, stride } of blocks) {
    const half = layers.relu(convolved(x, `${name}.conv1`, `${name}.bn1`, stride), `${name}.relu1`);
    const branch = convolved(half, `${name}.conv2`, `${name}.bn2`, 1);
    const shortcut =
      stride > 1 ? convolved(x, `${name}.downsample.0`, `${name}.downsample.1`, stride) : x;
    x = layers.relu(layers.b.add(branch, shortcut, `${name}.add`), `${name}.relu2`);
  }
  return layers.build(layers.linear(layers.b.op("GlobalAveragePool", [x], {}, "avgpool"), "fc"));
}
