/**
 * A graph as JSON, without its weights: the topology of a tfjs folder. Small constants that are no weights (shapes, axes,
 * numbers of other types) stay in it.
 *
 * @module
 */
import { ModelFormatError } from "../errors.js";
import { viewBuffer, type DType } from "../tensor/dtype.js";
import type { Dim } from "../tensor/shape.js";
import { bytesOf, tensor, type Tensor } from "../tensor/tensor.js";
import type { Attribute, Attributes, Graph, Node, Port } from "./ir.js";

interface TensorJson {
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Little-endian bytes, base64; of strings, a JSON array. */
  readonly data: string;
}

interface PortJson {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

type AttributeJson =
  | { readonly type: "float"; readonly value: number | string }
  | { readonly type: "floats"; readonly value: readonly (number | string)[] }
  | { readonly type: "tensor"; readonly value: TensorJson }
  | { readonly type: "graph"; readonly value: GraphJson }
  | Extract<Attribute, { type: "int" | "ints" | "string" | "strings" }>;

interface NodeJson extends Omit<Node, "attributes"> {
  readonly attributes: Readonly<Record<string, AttributeJson>>;
}

export interface GraphJson {
  readonly name: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly PortJson[];
  readonly outputs: readonly PortJson[];
  readonly nodes: readonly NodeJson[];
  readonly constants: Readonly<Record<string, TensorJson>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** @param isWeight constants that are kept elsewhere */
export function graphToJson(graph: Graph, isWeight: (name: string) => boolean): GraphJson {
  const ports = (list: readonly Port[]): PortJson[] =>
    list.map(({ name, fact }) => ({ name, dtype: fact.dtype, shape: fact.shape }));
  return {
    name: graph.name,
    opsets: Object.fromEntries(graph.opsets),
    inputs: ports(graph.inputs),
    outputs: ports(graph.outputs),
    nodes: graph.nodes.map((node) => ({
      ...node,
      attributes: Object.fromEntries(
        Object.entries(node.attributes).map(([name, a]) => [name, attributeToJson(a)]),
      ),
    })),
    constants: Object.fromEntries(
      [...graph.constants].flatMap(([name, t]) => (isWeight(name) ? [] : [[name, toJson(t)]])),
    ),
    metadata: Object.fromEntries(graph.metadata),
  };
}

/**
 * @param weights the constants that were kept elsewhere, by name
 * @throws {ModelFormatError} where a field is missing or of another type
 */
export function graphFromJson(json: GraphJson, weights: ReadonlyMap<string, Tensor>): Graph {
  try {
    const own = Object.entries(json.constants).map(([name, t]) => [name, fromJson(t)] as const);
    return {
      name: json.name,
      opsets: new Map(Object.entries(json.opsets)),
      inputs: json.inputs.map(portFromJson),
      outputs: json.outputs.map(portFromJson),
      nodes: json.nodes.map((node) => ({ ...node, attributes: attributesFrom(node) })),
      constants: new Map([...weights, ...own]),
      metadata: new Map(Object.entries(json.metadata)),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelFormatError(`the topology is not one that this program wrote: ${reason}`, {
      cause: error,
    });
  }
}

const portFromJson = ({ name, dtype, shape }: PortJson): Port => ({ name, fact: { dtype, shape } });

const attributesFrom = (node: NodeJson): Attributes =>
  Object.fromEntries(
    Object.entries(node.attributes).map(([name, a]) => [name, attributeFromJson(a)]),
  );

function attributeToJson(a: Attribute): AttributeJson {
  switch (a.type) {
    case "float":
      return { type: a.type, value: numberToJson(a.value) };
    case "floats":
      return { type: a.type, value: a.value.map(numberToJson) };
    case "tensor":
      return { type: a.type, value: toJson(a.value) };
    case "graph":
      return { type: a.type, value: graphToJson(a.value, () => false) };
    default:
      return a;
  }
}

function attributeFromJson(a: AttributeJson): Attribute {
  switch (a.type) {
    case "float":
      return { type: a.type, value: Number(a.value) };
    case "floats":
      return { type: a.type, value: a.value.map(Number) };
    case "tensor":
      return { type: a.type, value: fromJson(a.value) };
    case "graph":
      return { type: a.type, value: graphFromJson(a.value, new Map()) };
    default:
      return a;
  }
}

/** JSON has no infinities. */
const numberToJson = (value: number): number | string =>
  Number.isFinite(value) ? value : String(value);

const toJson = (t: Tensor): TensorJson => ({
  dtype: t.dtype,
  dims: t.dims,
  data:
    t.dtype === "string"
      ? JSON.stringify(t.data)
      : btoa(Array.from(bytesOf(t), (byte) => String.fromCharCode(byte)).join("")),
});

function fromJson({ dtype, dims, data }: TensorJson): Tensor {
  if (dtype === "string") return tensor(dtype, dims, JSON.parse(data) as string[]);
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return tensor(dtype, dims, viewBuffer(dtype, bytes.buffer));
}
