/**
 * The intermediate representation used by all other folders: a graph of nodes in topological order and named values
 * in single-assignment form.
 *
 * @module
 */
import type { DType } from "../tensor/dtype.js";
import type { Dim, Shape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/** Static information about a value: dtype, shape, and sometimes its elements. */
export interface Fact {
  readonly dtype: DType;
  readonly shape: Shape;
  /** The elements, row-major, of a small constant or of shape arithmetic; they may be symbols. */
  readonly elements?: readonly Dim[];
}

/** A named value of a graph with its fact. */
export interface Value {
  readonly name: string;
  readonly fact: Fact;
}

/** A decoded node attribute: integers are numbers, strings are text. */
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

/**
 * Domain of copies of ai.onnx operators with another gradient: rounding with a straight-through gradient. Engines and
 * files receive the standard operators instead.
 */
export const straightThroughDomain = "straight-through";

/** One application of an operator. An omitted optional input or output has the empty name. */
export interface Node {
  /** Unique within the graph; generated from the operator if the file has no name. */
  readonly name: string;
  readonly op: string;
  /** Operator domain; "" is ai.onnx. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** For nodes of an unrolled recurrent layer: the node within a step, and the step. */
  readonly step?: SequenceStep;
}

/** One instance of an unrolled node. The first axis of its values is the step, of extent 1. */
export interface SequenceStep {
  /** The same for all steps, and unique to this node. */
  readonly of: string;
  readonly at: number;
  readonly count: number;
}

/** A declared input or output. An output's declared fact may be missing or wrong; inference replaces it. */
export interface Port {
  readonly name: string;
  readonly fact: Fact;
}

/** A computation. Immutable: passes return new graphs. */
export interface Graph {
  readonly name: string;
  /** Operator set versions by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  /** Initializers and the values of Constant nodes. */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Text fields of the file, such as `producer_name` and metadata_props. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A graph with the fact of each of its values. */
export interface TypedGraph extends Graph {
  readonly facts: ReadonlyMap<string, Fact>;
}
