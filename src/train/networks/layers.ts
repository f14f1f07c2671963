import { float, int, ints } from "../../onnx/attribute.js";
import { GraphBuilder } from "../../onnx/builder.js";
import { factOf } from "../../onnx/facts.js";
import type { TypedGraph, Value } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import { full, type Tensor } from "../../tensor/tensor.js";

/** Placeholders of a network's parameters, under the names that PyTorch's layers give them. */
export class LayerParameters {
  private readonly constants = new Map<string, Tensor>();

  /** A convolution without bias: NAME.weight [out,in,kernel,kernel]. */
  convolution(name: string, into: number, from: number, kernel: number): void {
    this.add(`${name}.weight`, [into, from, kernel, kernel], 0);
  }

  /** A BatchNorm2d: NAME.weight, NAME.bias, NAME.running_mean and NAME.running_var, [width] each. */
  norm(name: string, width: number): void {
    for (const [part, value] of Object.entries(normDefaults)) {
      this.add(`${name}.${part}`, [width], value);
    }
  }

  /** A linear layer: NAME.weight [out,in] and NAME.bias [out]. */
  linear(name: string, into: number, from: number): void {
    this.add(`${name}.weight`, [into, from], 0);
    this.add(`${name}.bias`, [into], 0);
  }

  /** Layers that read these parameters. */
  layers(network: string, registry: Registry): Layers {
    const graph: TypedGraph = {
      name: network,
      opsets: new Map([["", 18]]),
      inputs: [],
      outputs: [],
      nodes: [],
      constants: this.constants,
      metadata: new Map(),
      facts: new Map([...this.constants].map(([name, t]) => [name, factOf(t)])),
    };
    return new Layers(GraphBuilder.on(graph, registry.infer));
  }

  private add(name: string, dims: readonly number[], value: number): void {
    this.constants.set(name, full("float32", dims, value));
  }
}

/** Initial parameters of a BatchNorm, in input order. */
const normDefaults = { weight: 1, bias: 0, running_mean: 0, running_var: 1 };

/** Adds layers to a network; a layer's nodes have the name of its parameters. */
export class Layers {
  readonly b: GraphBuilder;

  constructor(b: GraphBuilder) {
    this.b = b;
  }

  /** Images [N, …shape]. */
  images(shape: readonly number[]): Value {
    return this.b.input("input", { dtype: "float32", shape: ["N", ...shape] });
  }

  /** A convolution of an odd kernel, padded so that stride 1 keeps height and width. */
  convolution(x: Value, name: string, stride: number): Value {
    const weight = this.b.value(`${name}.weight`);
    const kernel = Number(weight.fact.shape[2]);
    const attributes = {
      kernel_shape: ints([kernel, kernel]),
      strides: ints([stride, stride]),
      pads: ints(new Array<number>(4).fill((kernel - 1) / 2)),
    };
    return this.b.op("Conv", [x, weight], attributes, name);
  }

  norm(x: Value, name: string): Value {
    const parameters = Object.keys(normDefaults).map((part) => this.b.value(`${name}.${part}`));
    const attributes = { epsilon: float(1e-5), momentum: float(0.9) };
    return this.b.op("BatchNormalization", [x, ...parameters], attributes, name);
  }

  relu(x: Value, name: string): Value {
    return this.b.op("Relu", [x], {}, name);
  }

  /** A linear layer of all features of each image. */
  linear(x: Value, name: string): Value {
    const flat = this.b.op("Flatten", [x], { axis: int(1) }, "flatten");
    const [weight, bias] = [this.b.value(`${name}.weight`), this.b.value(`${name}.bias`)];
    return this.b.op("Gemm", [flat, weight, bias], { transB: int(1) }, name);
  }

  /** The network from "input" to "logits". */
  build(logits: Value): TypedGraph {
    return this.b.build([{ name: "logits", value: logits }]);
  }
}
