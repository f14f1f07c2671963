import { ShapeError, UnsupportedModelError } from "../../errors.js";
import type { Fact, Node, Value } from "../../onnx/ir.js";
import type { Dim } from "../../tensor/shape.js";

/** A node as its record sees it: decoded attributes, inputs and outputs with their facts. */
export class NodeView<A = unknown> {
  readonly node: Node;
  readonly attrs: A;
  /** Version of the operator set in force. */
  readonly opset: number;
  /** Absent optional inputs are undefined. */
  readonly inputs: readonly (Value | undefined)[];
  /** Empty while facts are inferred. */
  readonly outputs: readonly Value[];
  /** For each input, whether it depends on the image through differentiable nodes. */
  readonly active: readonly boolean[];

  constructor(fields: {
    node: Node;
    attrs: A;
    opset: number;
    inputs: readonly (Value | undefined)[];
    outputs?: readonly Value[];
    active?: readonly boolean[];
  }) {
    this.node = fields.node;
    this.attrs = fields.attrs;
    this.opset = fields.opset;
    this.inputs = fields.inputs;
    this.outputs = fields.outputs ?? [];
    this.active = fields.active ?? fields.inputs.map(() => false);
  }

  get name(): string {
    return this.node.name;
  }

  /** Input i. @throws {ShapeError} if it is absent */
  x(i = 0): Value {
    const value = this.inputs[i];
    if (!value) throw this.error(`input ${i} is missing`);
    return value;
  }

  /** Input i, or undefined if it is absent. */
  optional(i: number): Value | undefined {
    return this.inputs[i];
  }

  /** Output i. */
  y(i = 0): Value {
    const value = this.outputs[i];
    if (!value) throw this.error(`output ${i} is missing`);
    return value;
  }

  shape(i = 0): readonly Dim[] {
    return this.x(i).fact.shape;
  }

  rank(i = 0): number {
    return this.shape(i).length;
  }

  /** Whether input i is present and depends on the image. */
  isActive(i: number): boolean {
    return this.active[i] ?? false;
  }

  /** The elements of input i, numbers or symbols, if they are known. */
  elements(i: number): readonly Dim[] | undefined {
    return this.inputs[i]?.fact.elements;
  }

  /**
   * The elements of input i as integers (axes, pads, starts). @throws {ShapeError} if they are not constant integers
   */
  numbers(i: number): readonly number[] {
    const elements = this.elements(i);
    const who = `input ${i} ("${this.inputs[i]?.name ?? ""}")`;
    if (!elements?.every((e) => typeof e === "number")) {
      throw this.error(`${who} must be constant`);
    }
    const broken = elements.find((e) => !Number.isSafeInteger(e));
    if (broken !== undefined) throw this.error(`${who} holds ${broken}; it must hold integers`);
    return elements;
  }

  /** As {@link numbers}, or undefined if the input is absent. */
  optionalNumbers(i: number): readonly number[] | undefined {
    return this.inputs[i] ? this.numbers(i) : undefined;
  }

  /** A fact with the dtype of input i. */
  like(shape: readonly Dim[], i = 0): Fact {
    return { dtype: this.x(i).fact.dtype, shape };
  }

  /** The error for a use of the operator that has no gradient, although other uses have one. */
  refusal(reason: string): UnsupportedModelError {
    const { name, op, domain } = this.node;
    return new UnsupportedModelError([
      { node: name, op: domain === "" ? op : `${domain}:${op}`, opset: this.opset, reason },
    ]);
  }

  error(problem: string): ShapeError {
    return new ShapeError(
      `${this.node.op} (node "${this.node.name}", opset ${this.opset}): ${problem}`,
      { node: this.node.name },
    );
  }
}
