import type { DType } from "../../tensor/dtype.js";

/** TensorProto.DataType by number: ONNX's name, and this library's dtype if it is supported. */
const elementTypes: Readonly<Record<number, readonly [name: string, dtype?: DType]>> = {
  0: ["UNDEFINED"],
  1: ["FLOAT", "float32"],
  2: ["UINT8", "uint8"],
  3: ["INT8", "int8"],
  4: ["UINT16", "uint16"],
  5: ["INT16", "int16"],
  6: ["INT32", "int32"],
  7: ["INT64", "int64"],
  8: ["STRING", "string"],
  9: ["BOOL", "bool"],
  10: ["FLOAT16", "float16"],
  11: ["DOUBLE", "float64"],
  12: ["UINT32", "uint32"],
  13: ["UINT64", "uint64"],
  14: ["COMPLEX64"],
  15: ["COMPLEX128"],
  16: ["BFLOAT16", "bfloat16"],
  17: ["FLOAT8E4M3FN"],
  18: ["FLOAT8E4M3FNUZ"],
  19: ["FLOAT8E5M2"],
  20: ["FLOAT8E5M2FNUZ"],
  21: ["UINT4"],
  22: ["INT4"],
  23: ["FLOAT4E2M1"],
  24: ["FLOAT8E8M0"],
  25: ["UINT2"],
  26: ["INT2"],
  27: ["FLOAT6E2M3"],
  28: ["FLOAT6E3M2"],
};

const numbers = new Map(
  Object.entries(elementTypes).flatMap(([number, [, dtype]]) =>
    dtype === undefined ? [] : [[dtype, Number(number)] as const],
  ),
);

/** The dtype of a TensorProto.DataType; undefined if unsupported (8 bits and fewer, complex). */
export function dtypeOf(dataType: number): DType | undefined {
  return elementTypes[dataType]?.[1];
}

/** ONNX's name of a TensorProto.DataType, for messages. */
export function dataTypeName(dataType: number): string {
  return elementTypes[dataType]?.[0] ?? `number ${dataType}`;
}

/** Why a tensor of this TensorProto.DataType is not supported, for messages. */
export function unsupportedType(dataType: number): string {
  const name = dataTypeName(dataType);
  const remedy = name.startsWith("FLOAT") ? "; export it as float16, or quantized to integers" : "";
  return `element type ${name} is not supported${remedy}`;
}

/** The TensorProto.DataType of a dtype, which is also the value of Cast's attribute `to`. */
export function dataTypeOf(dtype: DType): number {
  return numbers.get(dtype)!;
}
