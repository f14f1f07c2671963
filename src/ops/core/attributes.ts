import { ModelFormatError } from "../../errors.js";
import type { Attribute, Node } from "../../onnx/ir.js";
import type { Tensor } from "../../tensor/tensor.js";

type Plain = { [A in Attribute as A["type"]]: A["value"] };

/** Typed access to a node's attributes. A value of the wrong type is a {@link ModelFormatError} that names it. */
export class AttributeReader {
  private readonly node: Node;

  constructor(node: Node) {
    this.node = node;
  }

  has(name: string): boolean {
    return this.node.attributes[name] !== undefined;
  }

  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    return this.read("int", name) ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.read("float", name) ?? otherwise;
  }

  /** A float above 0. */
  positive(name: string): number | undefined {
    const value = this.read("float", name);
    if (value !== undefined && !(value > 0)) {
      throw this.error(name, `is ${value}; it must be greater than 0, or left out`);
    }
    return value;
  }

  text(name: string, otherwise: string): string {
    return this.read("string", name) ?? otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    return this.read("ints", name);
  }

  floats(name: string): readonly number[] | undefined {
    return this.read("floats", name);
  }

  texts(name: string): readonly string[] | undefined {
    return this.read("strings", name);
  }

  tensor(name: string): Tensor | undefined {
    return this.read("tensor", name);
  }

  /** A boolean written as int 0 or 1. */
  flag(name: string, otherwise = false): boolean {
    const value = this.read("int", name);
    return value === undefined ? otherwise : value !== 0;
  }

  /** One of the listed strings. */
  word<W extends string>(name: string, words: readonly W[], otherwise: W): W {
    const value = this.text(name, otherwise);
    const known = words.find((w) => w === value);
    if (known === undefined) {
      throw this.error(name, `is "${value}"; it may be ${words.map((w) => `"${w}"`).join(", ")}`);
    }
    return known;
  }

  /** The attribute. @throws {ModelFormatError} if it is missing */
  required<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw this.error(name, "is missing");
    return value;
  }

  private read<T extends Attribute["type"]>(type: T, name: string): Plain[T] | undefined {
    const attribute = this.node.attributes[name];
    if (!attribute) return undefined;
    if (attribute.type !== type) {
      throw this.error(name, `is of type ${attribute.type}, not ${type}`);
    }
    return attribute.value as Plain[T];
  }

  private error(name: string, problem: string): ModelFormatError {
    return new ModelFormatError(
      `attribute "${name}" of ${this.node.op} (node "${this.node.name}") ${problem}`,
    );
  }
}
