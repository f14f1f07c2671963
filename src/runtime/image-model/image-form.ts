import type { ImageAxes } from "../../analysis/image-axes.js";
import { InputError } from "../../errors.js";
import { ints } from "../../onnx/attribute.js";
import type { Attribute, Graph, Node, Port } from "../../onnx/ir.js";
import { isFloat } from "../../tensor/dtype.js";
import { sizeOf, stridesOf, type Dim } from "../../tensor/shape.js";
import { fromNumbers, int64, toNumbers, type Tensor } from "../../tensor/tensor.js";
import { realReading } from "./integer-image.js";

/**
 * Converts between the model's input and the image [N,C,…spatial] float32 that every method works on. An axis of samples
 * or channels that the input lacks has extent 1 in the image.
 */
export class ImageForm {
  readonly axes: ImageAxes;
  /** The input as the file declares it. */
  readonly port: Port;
  /** Whether an integer input is treated as the real numbers that the model's first Cast computes from it. */
  readonly isInteger: boolean;

  constructor(axes: ImageAxes, port: Port, isInteger: boolean) {
    this.axes = axes;
    this.port = port;
    this.isInteger = isInteger;
  }

  /** Whether the model's input already has this form. */
  get isPlain(): boolean {
    const { order } = this;
    const { batch, channels } = this.axes;
    const isInOrder = order.every((axis, i) => axis === i);
    return !this.isInteger && batch === 0 && (channels === 1 || order.length === 1) && isInOrder;
  }

  /** The shape of the image. */
  get shape(): Dim[] {
    const { batch, channels, spatial } = this.axes;
    const { shape } = this.port.fact;
    const of = (axis: number | undefined): Dim => (axis === undefined ? 1 : shape[axis]!);
    return [
      of(batch),
      ...(this.port.fact.shape.length > 1 || batch === undefined ? [of(channels)] : []),
      ...spatial.map(of),
    ];
  }

  /** The shape of the model's input for an image of this shape. */
  ownShape(image: readonly Dim[]): Dim[] {
    const { batch, channels } = this.axes;
    const extents = image.filter((_, i) => i > 1 || [batch, channels][i] !== undefined);
    return this.order.map((_, axis) => extents[this.order.indexOf(axis)]!);
  }

  /** The model's axes in the order of the image. */
  get order(): number[] {
    const { batch, channels, spatial } = this.axes;
    return [batch, channels, ...spatial].filter((axis) => axis !== undefined);
  }

  /**
   * Converts an input of the model to an image. An input without an axis of samples is one sample, or several along an
   * additional first axis.
   *
   * @throws {InputError} if it does not fit the model
   */
  toImage(x: Tensor): Tensor {
    this.check(x);
    const real = this.toReal(x);
    if (this.isPlain) return real;
    const dims = this.withSamples(x.dims);
    const order = this.sampleOrder();
    const moved = permuted({ ...real, dims }, order);
    const [samples = 1, ...rest] = moved.dims;
    const isChannelled = this.axes.channels !== undefined;
    return { ...moved, dims: [samples, ...(isChannelled ? rest : [1, ...rest])] };
  }

  /** Converts a tensor in the shape of the image to the axis order of the model's input, float32. */
  fromImage(image: Tensor): Tensor {
    if (this.isPlain) return image;
    const [samples = 1, channels = 1, ...spatial] = image.dims;
    const isChannelled = this.axes.channels !== undefined;
    const dims = [samples, ...(isChannelled ? [channels] : []), ...spatial];
    const order = this.sampleOrder();
    const moved = permuted(
      { ...image, dims },
      order.map((_, i) => order.indexOf(i)),
    );
    const isOne = this.axes.batch === undefined && samples === 1;
    return isOne ? { ...moved, dims: moved.dims.slice(1) } : moved;
  }

  /** An image in the axis order of the model's input, with as many axes as the input `x`. */
  likeInput(image: Tensor, x: Tensor): Tensor {
    const own = this.fromImage(image);
    return own.dims.length === x.dims.length ? own : { ...own, dims: [1, ...own.dims] };
  }

  /** The graph with the image in place of its input, under the same name. */
  apply(graph: Graph): Graph {
    if (this.isPlain) return graph;
    const { name } = this.port;
    const real = this.isInteger ? realReading(graph, name)! : graph;
    const dtype = this.isInteger ? "float32" : this.port.fact.dtype;
    const inputs = real.inputs.map((port) =>
      port.name === name ? { name, fact: { dtype, shape: this.shape } } : port,
    );
    const steps = this.stepsBack(real);
    const own = steps.nodes.at(-1)?.outputs[0] ?? name;
    return {
      ...real,
      inputs,
      constants: new Map([...real.constants, ...steps.constants]),
      nodes: [...steps.nodes, ...real.nodes.map((node) => readInstead(node, name, own))],
    };
  }

  /** The nodes that compute the model's input from the image. */
  private stepsBack(graph: Graph): { nodes: Node[]; constants: [string, Tensor][] } {
    const { name } = this.port;
    const taken = new Set([
      ...graph.constants.keys(),
      ...graph.inputs.map((i) => i.name),
      ...graph.nodes.flatMap((n) => [n.name, ...n.outputs]),
    ]);
    const unique = (wanted: string): string => (taken.has(wanted) ? unique(`${wanted}_`) : wanted);
    const nodes: Node[] = [];
    const constants: [string, Tensor][] = [];
    const add = (op: string, inputs: string[], attributes: Node["attributes"]): void => {
      const made = unique(`${name}/${op.toLowerCase()}`);
      const from = nodes.at(-1)?.outputs[0] ?? name;
      nodes.push({
        name: made,
        op,
        domain: "",
        inputs: [from, ...inputs],
        outputs: [made],
        attributes,
      });
    };
    const { batch, channels } = this.axes;
    const extra = this.shape.length - this.order.length;
    const absent =
      extra === 0
        ? []
        : [...(batch === undefined ? [0] : []), ...(channels === undefined ? [1] : [])];
    if (absent.length > 0 && (graph.opsets.get("") ?? 0) < 13)
      add("Squeeze", [], { axes: ints(absent) });
    else if (absent.length > 0) {
      const axes = unique(`${name}/squeeze/axes`);
      constants.push([axes, int64(absent)]);
      add("Squeeze", [axes], {});
    }
    const { order } = this;
    const perm = order.map((_, i) => order.indexOf(i));
    if (perm.some((p, i) => p !== i)) add("Transpose", [], { perm: ints(perm) });
    return { nodes, constants };
  }

  /** The axes in image order, with the additional first axis of samples if the model has none. */
  private sampleOrder(): number[] {
    const isAbsent = this.axes.batch === undefined;
    return isAbsent ? [0, ...this.order.map((axis) => axis + 1)] : this.order;
  }

  private withSamples(dims: readonly number[]): readonly number[] {
    const isOne = this.axes.batch === undefined && dims.length === this.port.fact.shape.length;
    return isOne ? [1, ...dims] : dims;
  }

  private check(x: Tensor): void {
    const { name, fact } = this.port;
    const { batch } = this.axes;
    const dims = this.withSamples(x.dims).slice(batch === undefined ? 1 : 0);
    const fits =
      dims.length === fact.shape.length &&
      dims.every(
        (d, i) =>
          d > 0 && (i === batch || typeof fact.shape[i] === "string" || fact.shape[i] === d),
      );
    if (fits && x.dims[0] !== 0) return;
    throw new InputError(
      `input "${name}" takes [${fact.shape.join(",")}], not [${x.dims.join(",")}]`,
    );
  }

  /** Converts floats of any precision, and integers for an integer input, to float32. */
  private toReal(x: Tensor): Tensor {
    if (x.dtype === "float32" || x.dtype === "string") return x;
    const isReal = this.isInteger || (isFloat(x.dtype) && isFloat(this.port.fact.dtype));
    return isReal ? fromNumbers("float32", x.dims, toNumbers(x)) : x;
  }
}

/** The node with one value replaced in its inputs and in its branches. */
export function readInstead(node: Node, name: string, other: string): Node {
  if (name === other) return node;
  const attributes = Object.entries(node.attributes).map(([key, a]): [string, Attribute] => {
    if (a.type !== "graph") return [key, a];
    const nodes = a.value.nodes.map((inner) => readInstead(inner, name, other));
    return [key, { ...a, value: { ...a.value, nodes } }];
  });
  return {
    ...node,
    inputs: node.inputs.map((read) => (read === name ? other : read)),
    attributes: Object.fromEntries(attributes),
  };
}

/** Permutes axes: axis i of the result is axis order[i]. */
function permuted(t: Tensor, order: readonly number[]): Tensor {
  const dims = order.map((axis) => t.dims[axis]!);
  if (order.every((axis, i) => axis === i)) return { ...t, dims };
  const from = stridesOf(t.dims);
  const strides = order.map((axis) => from[axis]!);
  const numbers = toNumbers(t);
  const moved = new Float64Array(sizeOf(dims));
  const index = new Array<number>(dims.length).fill(0);
  let source = 0;
  for (let at = 0; at < moved.length; at++) {
    moved[at] = numbers[source]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      source -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return fromNumbers(t.dtype, dims, moved);
}
