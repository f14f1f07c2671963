/**
 * The messages of onnx.proto from ONNX 1.23 (IR version 14), one row per field, with names in camel case. The types
 * below and the codec (decode.ts, encode.ts) are derived from this table.
 *
 * A kind is a scalar, the name of a message, or a list of either. `packed` lists are written as one block, as in
 * onnx.proto (proto2) and PyTorch; the reader accepts both encodings.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 * @module
 */
const table = {
  ModelProto: {
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    producerVersion: [3, "string"],
    domain: [4, "string"],
    modelVersion: [5, "int64"],
    docString: [6, "string"],
    graph: [7, "GraphProto"],
    opsetImport: [8, "OperatorSetIdProto[]"],
    metadataProps: [14, "StringStringEntryProto[]"],
    trainingInfo: [20, "TrainingInfoProto[]"],
    functions: [25, "FunctionProto[]"],
    configuration: [26, "DeviceConfigurationProto[]"],
  },
  GraphProto: {
    node: [1, "NodeProto[]"],
    name: [2, "string"],
    initializer: [5, "TensorProto[]"],
    docString: [10, "string"],
    input: [11, "ValueInfoProto[]"],
    output: [12, "ValueInfoProto[]"],
    valueInfo: [13, "ValueInfoProto[]"],
    quantizationAnnotation: [14, "TensorAnnotation[]"],
    sparseInitializer: [15, "SparseTensorProto[]"],
    metadataProps: [16, "StringStringEntryProto[]"],
  },
  NodeProto: {
    input: [1, "string[]"],
    output: [2, "string[]"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "AttributeProto[]"],
    docString: [6, "string"],
    domain: [7, "string"],
    overload: [8, "string"],
    metadataProps: [9, "StringStringEntryProto[]"],
    deviceConfigurations: [10, "NodeDeviceConfigurationProto[]"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    t: [5, "TensorProto"],
    g: [6, "GraphProto"],
    floats: [7, "float[]"],
    ints: [8, "int64[]"],
    strings: [9, "bytes[]"],
    tensors: [10, "TensorProto[]"],
    graphs: [11, "GraphProto[]"],
    docString: [13, "string"],
    tp: [14, "TypeProto"],
    typeProtos: [15, "TypeProto[]"],
    /** A value of {@link AttributeType}. */
    type: [20, "int32"],
    refAttrName: [21, "string"],
    sparseTensor: [22, "SparseTensorProto"],
    sparseTensors: [23, "SparseTensorProto[]"],
  },
  TensorProto: {
    dims: [1, "int64[]"],
    /** See element-types.ts. */
    dataType: [2, "int32"],
    segment: [3, "Segment"],
    floatData: [4, "packed float[]"],
    int32Data: [5, "packed int32[]"],
    stringData: [6, "bytes[]"],
    int64Data: [7, "packed int64[]"],
    name: [8, "string"],
    /** Little-endian elements, with their own buffer. */
    rawData: [9, "bytes"],
    doubleData: [10, "packed double[]"],
    uint64Data: [11, "packed uint64[]"],
    docString: [12, "string"],
    externalData: [13, "StringStringEntryProto[]"],
    /** 0: the data are in this message; 1: in the file named by externalData. */
    dataLocation: [14, "int32"],
    metadataProps: [16, "StringStringEntryProto[]"],
  },
  Segment: { begin: [1, "int64"], end: [2, "int64"] },
  SparseTensorProto: {
    values: [1, "TensorProto"],
    indices: [2, "TensorProto"],
    dims: [3, "int64[]"],
  },
  ValueInfoProto: {
    name: [1, "string"],
    type: [2, "TypeProto"],
    docString: [3, "string"],
    metadataProps: [4, "StringStringEntryProto[]"],
  },
  TypeProto: {
    tensorType: [1, "TypeProtoTensor"],
    sequenceType: [4, "TypeProtoSequence"],
    mapType: [5, "TypeProtoMap"],
    denotation: [6, "string"],
    opaqueType: [7, "TypeProtoOpaque"],
    sparseTensorType: [8, "TypeProtoTensor"],
    optionalType: [9, "TypeProtoSequence"],
  },
  /** TypeProto.Tensor, and TypeProto.SparseTensor, which has the same fields. */
  TypeProtoTensor: { elemType: [1, "int32"], shape: [2, "TensorShapeProto"] },
  /** TypeProto.Sequence, and TypeProto.Optional, which has the same field. */
  TypeProtoSequence: { elemType: [1, "TypeProto"] },
  TypeProtoMap: { keyType: [1, "int32"], valueType: [2, "TypeProto"] },
  TypeProtoOpaque: { domain: [1, "string"], name: [2, "string"] },
  TensorShapeProto: { dim: [1, "Dimension[]"] },
  Dimension: { dimValue: [1, "int64"], dimParam: [2, "string"], denotation: [3, "string"] },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  StringStringEntryProto: { key: [1, "string"], value: [2, "string"] },
  TensorAnnotation: {
    tensorName: [1, "string"],
    quantParameterTensorNames: [2, "StringStringEntryProto[]"],
  },
  TrainingInfoProto: {
    initialization: [1, "GraphProto"],
    algorithm: [2, "GraphProto"],
    initializationBinding: [3, "StringStringEntryProto[]"],
    updateBinding: [4, "StringStringEntryProto[]"],
  },
  FunctionProto: {
    name: [1, "string"],
    input: [4, "string[]"],
    output: [5, "string[]"],
    attribute: [6, "string[]"],
    node: [7, "NodeProto[]"],
    docString: [8, "string"],
    opsetImport: [9, "OperatorSetIdProto[]"],
    domain: [10, "string"],
    attributeProto: [11, "AttributeProto[]"],
    valueInfo: [12, "ValueInfoProto[]"],
    overload: [13, "string"],
    metadataProps: [14, "StringStringEntryProto[]"],
  },
  DeviceConfigurationProto: {
    name: [1, "string"],
    numDevices: [2, "int32"],
    device: [3, "string[]"],
  },
  NodeDeviceConfigurationProto: {
    configurationId: [1, "string"],
    shardingSpec: [2, "ShardingSpecProto[]"],
    pipelineStage: [3, "int32"],
  },
  ShardingSpecProto: {
    tensorName: [1, "string"],
    device: [2, "int64[]"],
    indexToDeviceGroupMap: [3, "IntIntListEntryProto[]"],
    shardedDim: [4, "ShardedDimProto[]"],
  },
  IntIntListEntryProto: { key: [1, "int64"], value: [2, "int64[]"] },
  ShardedDimProto: { axis: [1, "int64"], simpleSharding: [2, "SimpleShardedDimProto[]"] },
  SimpleShardedDimProto: {
    dimValue: [1, "int64"],
    dimParam: [2, "string"],
    numShards: [3, "int64"],
  },
} as const satisfies Record<string, Readonly<Record<string, readonly [number, string]>>>;

type Table = typeof table;

/** Message names of onnx.proto; nested messages have no prefix unless they would be ambiguous. */
export type MessageName = keyof Table;

/** In-memory type of each scalar kind. 64-bit integers are bigint, so nothing is rounded in this layer. */
export interface ScalarTypes {
  string: string;
  bytes: Uint8Array;
  float: number;
  double: number;
  int32: number;
  int64: bigint;
  uint64: bigint;
}

interface ListTypes {
  string: readonly string[];
  bytes: readonly Uint8Array[];
  float: Float32Array;
  double: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
}

export type ScalarKind = keyof ScalarTypes;

type ListOf<E> = E extends ScalarKind
  ? ListTypes[E]
  : E extends MessageName
    ? readonly Message<E>[]
    : never;

type ValueOf<K> = K extends `packed ${infer E}[]`
  ? ListOf<E>
  : K extends `${infer E}[]`
    ? ListOf<E>
    : K extends ScalarKind
      ? ScalarTypes[K]
      : K extends MessageName
        ? Message<K>
        : never;

type Fields<M extends MessageName> = {
  readonly [F in keyof Table[M]]?: Table[M][F] extends readonly [number, infer K]
    ? ValueOf<K>
    : never;
};

/** A message in memory. Fields absent from the file are absent here; no defaults are filled in. */
export type Message<M extends MessageName> = Fields<M> & {
  /** Fields unknown to this table, with their tags, as they appear in the file. They are written back last. */
  readonly unknownFields?: readonly Uint8Array[];
};

export type ModelProto = Message<"ModelProto">;
export type GraphProto = Message<"GraphProto">;
export type NodeProto = Message<"NodeProto">;
export type AttributeProto = Message<"AttributeProto">;
export type TensorProto = Message<"TensorProto">;
export type SparseTensorProto = Message<"SparseTensorProto">;
export type ValueInfoProto = Message<"ValueInfoProto">;
export type TypeProto = Message<"TypeProto">;
export type TensorShapeProto = Message<"TensorShapeProto">;
export type OperatorSetIdProto = Message<"OperatorSetIdProto">;
export type StringStringEntryProto = Message<"StringStringEntryProto">;
export type TensorAnnotation = Message<"TensorAnnotation">;
export type TrainingInfoProto = Message<"TrainingInfoProto">;
export type FunctionProto = Message<"FunctionProto">;

/** AttributeProto.AttributeType. */
export const AttributeType = {
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSOR: 11,
  SPARSE_TENSORS: 12,
  TYPE_PROTO: 13,
  TYPE_PROTOS: 14,
} as const;

/** One parsed row of the table. */
export interface Field {
  readonly name: string;
  readonly id: number;
  readonly list: boolean;
  readonly packed: boolean;
  /** The scalar kind; undefined if the field is a message. */
  readonly scalar: ScalarKind | undefined;
  readonly message: MessageName | undefined;
}

const scalars = new Set(["string", "bytes", "float", "double", "int32", "int64", "uint64"]);

function fieldOf(name: string, [id, kind]: readonly [number, string]): Field {
  const packed = kind.startsWith("packed ");
  const list = kind.endsWith("[]");
  const element = kind.slice(packed ? 7 : 0, list ? -2 : undefined);
  const scalar = scalars.has(element) ? (element as ScalarKind) : undefined;
  const message = scalar === undefined ? (element as MessageName) : undefined;
  return { name, id, list, packed, scalar, message };
}

/** The fields of each message by number, in ascending order. */
export const schema: Readonly<Record<MessageName, ReadonlyMap<number, Field>>> = Object.fromEntries(
  Object.entries(table).map(([name, rows]) => [
    name,
    new Map(
      Object.entries<readonly [number, string]>(rows)
        .map(([field, row]) => fieldOf(field, row))
        .sort((a, b) => a.id - b.id)
        .map((field) => [field.id, field]),
    ),
  ]),
) as unknown as Record<MessageName, ReadonlyMap<number, Field>>;
