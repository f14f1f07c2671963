/**
 * JSON form of a graph without its weights: the topology in a tfjs folder's model.json. Small constants other than
 * weights (shapes, axes, non-float tensors) are included.
 *
 * @module
 */
import { ModelFormatError } from "../../errors.js";
import {
  count,
  either,
  fields,
  finite,
  integer,
  list,
  Mismatch,
  oneOf,
  readValue,
  record,
  text,
  type Reader,
} from "../../files/json.js";
import { dtypeNames, viewBuffer, type DType } from "../../tensor/dtype.js";
import type { Dim } from "../../tensor/shape.js";
import { bytesOf, tensor, type Tensor } from "../../tensor/tensor.js";
import type { Attribute, Graph, Node, Port } from "../ir.js";
import { MAX_CALL_DEPTH, shapeProblem } from "./limits.js";

interface TensorJson {
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Little-endian bytes in base64; for strings, a JSON array. */
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

/** @param isWeight selects the constants that are stored elsewhere */
export function graphToJson(graph: Graph, isWeight: (name: string) => boolean): GraphJson {
  const ports = (some: readonly Port[]): PortJson[] =>
    some.map(({ name, fact }) => ({ name, dtype: fact.dtype, shape: fact.shape }));
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
 * @param weights the constants stored elsewhere, by name
 * @throws {ModelFormatError} naming the field that is missing or has the wrong type
 */
export function graphFromJson(json: unknown, weights: ReadonlyMap<string, Tensor>): Graph {
  const graph = readValue(json, graphReader(0), "the topology of model.json", ModelFormatError);
  return { ...graph, constants: new Map([...weights, ...graph.constants]) };
}

const dtypeReader = oneOf(...dtypeNames);

/**
 * A tensor with base64 data, or a JSON array of strings. @throws {Mismatch} if the data length does not match dims
 */
const tensorReader: Reader<Tensor> = (value) => {
  const { dtype, dims, data } = tensorFields(value);
  const problem = shapeProblem(dims);
  if (problem !== undefined) throw new Mismatch("dims of a tensor", problem);
  try {
    if (dtype === "string") return tensor(dtype, dims, list(text)(JSON.parse(data)));
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    return tensor(dtype, dims, viewBuffer(dtype, bytes.buffer));
  } catch {
    throw new Mismatch(`${dtype} [${dims.join(",")}] in base64`, data);
  }
};

const tensorFields = fields({ dtype: dtypeReader, dims: list(count), data: text });

const portFields = fields({
  name: text,
  dtype: dtypeReader,
  shape: list(either(count, text)),
});

const portReader: Reader<Port> = (value) => {
  const { name, dtype, shape } = portFields(value);
  return { name, fact: { dtype, shape } };
};

/** Infinities and NaN are written as strings, since JSON has no numbers for them. */
const floatReader: Reader<number> = (value) =>
  typeof value === "string" ? Number(oneOf("Infinity", "-Infinity", "NaN")(value)) : finite(value);

const typed = fields({ type: text });

function attributeReader(depth: number): Reader<Attribute> {
  const readers = {
    float: fields({ type: oneOf("float"), value: floatReader }),
    floats: fields({ type: oneOf("floats"), value: list(floatReader) }),
    int: fields({ type: oneOf("int"), value: integer }),
    ints: fields({ type: oneOf("ints"), value: list(integer) }),
    string: fields({ type: oneOf("string"), value: text }),
    strings: fields({ type: oneOf("strings"), value: list(text) }),
    tensor: fields({ type: oneOf("tensor"), value: tensorReader }),
    graph: fields({ type: oneOf("graph"), value: (value) => graphReader(depth + 1)(value) }),
  };
  return (value) => {
    const { type } = typed(value);
    if (Object.hasOwn(readers, type)) return readers[type as Attribute["type"]](value);
    throw new Mismatch("an attribute of a known type", type);
  };
}

function graphReader(depth: number): Reader<Graph> {
  if (depth > MAX_CALL_DEPTH) throw new Mismatch(`at most ${MAX_CALL_DEPTH} graphs deep`, "deeper");
  const reader = fields({
    name: text,
    opsets: record(count),
    inputs: list(portReader),
    outputs: list(portReader),
    nodes: list(
      fields({
        ...{ name: text, op: text, domain: text, inputs: list(text), outputs: list(text) },
        attributes: record(attributeReader(depth)),
      }),
    ),
    constants: record(tensorReader),
    metadata: record(text),
  });
  return (value) => {
    const { opsets, constants, metadata, ...graph } = reader(value);
    return {
      ...graph,
      opsets: new Map(Object.entries(opsets)),
      constants: new Map(Object.entries(constants)),
      metadata: new Map(Object.entries(metadata)),
    };
  };
}

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

/** A JSON number, or a string for infinities and NaN. */
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
