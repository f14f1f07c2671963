/**
 * The graph that every other folder works on: nodes in topological order, values by name, each written once.
 *
 * @module
 */
import type { DType } from "../tensor/dtype.js";
import type { Dim, Shape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/** What is known of a value without running anything. */
export interface Fact {
  readonly dtype: DType;
  readonly shape: Shape;
  /** The elements, row-major, where the value is a small constant or shape arithmetic; they may be symbols. */
  readonly elements?: readonly Dim[];
}

/** A value of a graph and what is known of it. */
export interface Value {
  readonly name: string;
  readonly fact: Fact;
}

/** Attribute of a node, decoded: integers are numbers, strings are text. */
export type Attribute =
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "tensor"; readonly value: Tensor }
  | { readonly type: "graph"; readonly value: Graph }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly string[] };

export type Attributes = Readonly<Record<string, Attribute>>;

/** One application of an operator. An absent optional input or output is the empty name. */
export interface Node {
  /** Unique within the graph; made from the operator and output where the file gives none. */
  readonly name: string;
  readonly op: string;
  /** "" is ai.onnx. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** A declared input or output. The fact of an output may be missing or wrong in a file: inference replaces it. */
export interface Port {
  readonly name: string;
  readonly fact: Fact;
}

/** A computation. Immutable: passes return new ones. */
export interface Graph {
  readonly name: string;
  /** Version of each operator set in use, by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  /** Weights and other initializers, and the values of Constant nodes. */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Free text of the file, such as `producer_name` or a model's own metadata_props. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A graph together with the fact of each of its values. */
export interface TypedGraph extends Graph {
  readonly facts: ReadonlyMap<string, Fact>;
}
