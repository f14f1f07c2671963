import {
  AttributeType,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from "../../../src/onnx/file/schema.js";

/** A float32 value with a shape: extents are numbers or names; null is an undeclared extent. */
export function floats(name: string, ...shape: (number | string | null)[]): ValueInfoProto {
  const dim = shape.map((d) => {
    if (d === null) return {};
    return typeof d === "number" ? { dimValue: BigInt(d) } : { dimParam: d };
  });
  return { name, type: { tensorType: { elemType: 1, shape: { dim } } } };
}

export function node(
  opType: string,
  input: string[],
  output: string[],
  rest: NodeProto = {},
): NodeProto {
  return { opType, input, output, ...rest };
}

export function ints(name: string, ...values: bigint[]): AttributeProto {
  return { name, ints: BigInt64Array.from(values), type: AttributeType.INTS };
}

export function graphAttribute(name: string, g: GraphProto): AttributeProto {
  return { name, g, type: AttributeType.GRAPH };
}

/** A model of the given graph, opset 17. The opset is the last field in the file, so every proper prefix is invalid. */
export function model(graph: GraphProto, rest: ModelProto = {}): ModelProto {
  return {
    irVersion: 8n,
    producerName: "test",
    graph: { name: "main", ...graph },
    opsetImport: [{ domain: "", version: 17n }],
    ...rest,
  };
}

/** x → Conv → Relu → y. */
export const smallModel: ModelProto = model({
  node: [
    node("Conv", ["x", "w", "b"], ["c"], {
      name: "conv1",
      attribute: [ints("pads", 1n, 1n, 1n, 1n), ints("kernel_shape", 3n, 3n)],
    }),
    node("Relu", ["c"], ["y"]),
  ],
  initializer: [
    {
      name: "w",
      dataType: 1,
      dims: BigInt64Array.of(1n, 1n, 3n, 3n),
      rawData: new Uint8Array(Float32Array.from({ length: 9 }, (_, i) => i / 4).buffer),
    },
    { name: "b", dataType: 1, dims: BigInt64Array.of(1n), floatData: Float32Array.of(0.5) },
  ],
  input: [floats("x", "N", 1, 8, 8)],
  output: [floats("y", "N", 1, 8, 8)],
});
