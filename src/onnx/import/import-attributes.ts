import { ModelFormatError } from "../../errors.js";
import { tensor, toNumbers, type Tensor } from "../../tensor/tensor.js";
import type { Attribute, Graph } from "../ir.js";
import {
  AttributeType,
  type AttributeProto,
  type GraphProto,
  type TensorProto,
} from "../file/schema.js";

/** Readers of the attribute contents other than numbers and strings. */
export interface AttributeReaders {
  readonly tensor: (proto: TensorProto, what: string) => Tensor | undefined;
  readonly graph: (proto: GraphProto) => Graph;
}

/** The attribute, or the reason why it cannot be represented. */
export type AttributeResult = { readonly attribute: Attribute } | { readonly reason: string };

const typeNames = new Map<number, string>(
  Object.entries(AttributeType).map(([name, number]) => [number, name]),
);

/**
 * Decodes an attribute.
 *
 * @param where description of the node for messages: `Conv (node "conv1")`
 * @throws {ModelFormatError} if the attribute's type and content do not match
 */
export function importAttribute(
  proto: AttributeProto,
  where: string,
  readers: AttributeReaders,
): AttributeResult {
  const name = proto.name ?? "";
  if ((proto.refAttrName ?? "") !== "") {
    throw new ModelFormatError(
      `${where}: attribute "${name}" refers to a function's attribute, but is not inside a function`,
    );
  }
  const type = typeOf(proto);
  switch (type) {
    case AttributeType.FLOAT:
      return { attribute: { type: "float", value: proto.f ?? 0 } };
    case AttributeType.INT:
      return { attribute: { type: "int", value: toInts(BigInt64Array.of(proto.i ?? 0n))[0]! } };
    case AttributeType.STRING:
      return { attribute: { type: "string", value: toText(proto.s) } };
    case AttributeType.FLOATS:
      return { attribute: { type: "floats", value: Array.from(proto.floats ?? []) } };
    case AttributeType.INTS:
      return { attribute: { type: "ints", value: toInts(proto.ints ?? new BigInt64Array(0)) } };
    case AttributeType.STRINGS:
      return { attribute: { type: "strings", value: (proto.strings ?? []).map(toText) } };
    case AttributeType.TENSOR:
      return tensorAttribute(proto, `${where}: attribute "${name}"`, readers);
    case AttributeType.GRAPH:
      if (proto.g === undefined)
        throw new ModelFormatError(`${where}: attribute "${name}" is empty`);
      return { attribute: { type: "graph", value: readers.graph(proto.g) } };
    default:
      return { reason: `attribute "${name}" is a ${typeNames.get(type) ?? `type ${type}`}` };
  }
}

function tensorAttribute(
  proto: AttributeProto,
  what: string,
  readers: AttributeReaders,
): AttributeResult {
  if (proto.t === undefined) throw new ModelFormatError(`${what} is empty`);
  const value = readers.tensor(proto.t, what);
  return value === undefined
    ? { reason: `${what} has an element type that is not supported` }
    : { attribute: { type: "tensor", value } };
}

/** The declared type. Files before IR version 2 omit it; it is then determined by the field that is present. */
function typeOf(proto: AttributeProto): number {
  if (proto.type !== undefined && proto.type !== 0) return proto.type;
  if (proto.f !== undefined) return AttributeType.FLOAT;
  if (proto.i !== undefined) return AttributeType.INT;
  if (proto.s !== undefined) return AttributeType.STRING;
  if (proto.t !== undefined) return AttributeType.TENSOR;
  if (proto.g !== undefined) return AttributeType.GRAPH;
  if (proto.floats !== undefined) return AttributeType.FLOATS;
  if (proto.ints !== undefined) return AttributeType.INTS;
  if (proto.strings !== undefined) return AttributeType.STRINGS;
  return 0;
}

/** Integers clamped to ±2⁵³ as in tensor.ts; INT64_MAX stands for "to the end". */
function toInts(values: BigInt64Array): number[] {
  return Array.from(toNumbers(tensor("int64", [values.length], values)));
}

function toText(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
