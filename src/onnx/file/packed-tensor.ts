import { ModelFormatError } from "../../errors.js";
import { tensor, type Tensor } from "../../tensor/tensor.js";
import type { TensorProto } from "./schema.js";
import { headerOf, isExternal } from "./tensor-proto.js";

/** Integers of fewer than 8 bits, by TensorProto.DataType: several share a byte, the lowest bits first. */
const packings: Readonly<Record<number, { readonly bits: 2 | 4; readonly isSigned: boolean }>> = {
  21: { bits: 4, isSigned: false },
  22: { bits: 4, isSigned: true },
  25: { bits: 2, isSigned: false },
  26: { bits: 2, isSigned: true },
};

/** Whether a tensor holds integers of fewer than 8 bits. */
export const isPacked = ({ dataType = 0 }: TensorProto): boolean =>
  packings[dataType] !== undefined;

/** The number of bytes of a packed tensor of this many elements. */
export const packedSize = ({ dataType = 0 }: TensorProto, elements: number): number =>
  Math.ceil((elements * packings[dataType]!.bits) / 8);

/**
 * Decodes integers of 2 or 4 bits to the same numbers in 8 bits: UINT4 as uint8, INT4 as int8.
 *
 * @param what description of the tensor for messages
 * @param external the tensor's bytes, if they are stored in another file
 * @throws {ModelFormatError} if the data do not match the dims
 */
export function decodePacked(proto: TensorProto, what: string, external?: Uint8Array): Tensor {
  const { dims, elements } = headerOf(proto, what);
  const { bits, isSigned } = packings[proto.dataType ?? 0]!;
  const bytes = isExternal(proto) ? external : (proto.rawData ?? listed(proto));
  if (!bytes) throw new ModelFormatError(`${what} is in another file, which was not read`);
  if (bytes.length !== packedSize(proto, elements)) {
    const wants = `needs ${packedSize(proto, elements)} bytes for ${elements} numbers of ${bits} bits`;
    throw new ModelFormatError(`${what} ${wants}, but has ${bytes.length}`);
  }
  const each = 8 / bits;
  const data = isSigned ? new Int8Array(elements) : new Uint8Array(elements);
  for (let i = 0; i < elements; i++) {
    const above = 8 - bits * ((i % each) + 1);
    const byte = bytes[Math.floor(i / each)]! << (24 + above);
    data[i] = isSigned ? byte >> (32 - bits) : byte >>> (32 - bits);
  }
  return tensor(isSigned ? "int8" : "uint8", dims, data);
}

/** Each entry of int32_data is one byte. */
const listed = ({ int32Data }: TensorProto): Uint8Array => Uint8Array.from(int32Data ?? []);
