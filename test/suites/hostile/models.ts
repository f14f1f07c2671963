import {
  AttributeType,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "../../../src/onnx/file/schema.js";
import { floats, model, node } from "../../unit/onnx/small-models.js";

export const int = (name: string, value: bigint): AttributeProto => ({
  name,
  i: value,
  type: AttributeType.INT,
});

export const text = (name: string, value: string): AttributeProto => ({
  name,
  s: new TextEncoder().encode(value),
  type: AttributeType.STRING,
});

export function int64s(name: string, ...values: readonly bigint[]): TensorProto {
  const dims = BigInt64Array.of(BigInt(values.length));
  return { name, dataType: 7, dims, int64Data: BigInt64Array.from(values) };
}

export function numbers(name: string, values: readonly number[]): TensorProto {
  const dims = BigInt64Array.of(BigInt(values.length));
  return { name, dataType: 1, dims, floatData: Float32Array.from(values) };
}

/** An image x [1,3,8,8] and an output y, opset 18: so small that any large size comes from a claim of the file. */
export function imageModel(
  nodes: readonly NodeProto[],
  initializer: readonly TensorProto[] = [],
  shape: readonly number[] = [1, 3, 8, 8],
): ModelProto {
  const graph: GraphProto = {
    node: [...nodes],
    initializer: [...initializer],
    input: [floats("x", ...shape)],
    output: [floats("y")],
  };
  return model(graph, { opsetImport: [{ domain: "", version: 18n }] });
}

/** One operator on the image x, with constants as its other inputs. */
export function onImage(
  opType: string,
  others: readonly TensorProto[] = [],
  attribute: readonly AttributeProto[] = [],
  shape?: readonly number[],
): ModelProto {
  const inputs = ["x", ...others.map((t) => t.name ?? "")];
  const rest = { name: "bad", attribute: [...attribute] };
  return imageModel(
    [node(opType, inputs, ["y"], rest)],
    others.filter((t) => t.name !== undefined),
    shape,
  );
}

/** A chain x → v1 → … → y; `make` returns the node of each link. */
export function chain(count: number, make: (from: string, to: string) => NodeProto): ModelProto {
  const names = Array.from({ length: count + 1 }, (_, i) => (i === count ? "y" : `v${i}`));
  names[0] = "x";
  return imageModel(names.slice(1).map((to, i) => make(names[i]!, to)));
}

/** The encoding of a protobuf field of type bytes. */
export function field(id: number, content: Uint8Array): Uint8Array {
  const head = [...varint((id << 3) | 2), ...varint(content.length)];
  const result = new Uint8Array(head.length + content.length);
  result.set(head);
  result.set(content, head.length);
  return result;
}

export function varint(value: number): number[] {
  const result: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) result.push((rest % 128) | 128);
  return [...result, rest];
}

/** Graphs inside attributes of nodes inside graphs. */
export function nestedGraphs(depth: number): Uint8Array {
  let graph: Uint8Array = field(2, new TextEncoder().encode("innermost"));
  for (let i = 0; i < depth; i++) graph = field(1, field(5, field(6, graph)));
  return file(field(7, graph));
}

/** A file that starts like a model of IR version 8. */
export function file(rest: Uint8Array): Uint8Array {
  const result = new Uint8Array(rest.length + 2);
  result.set([0x08, 0x08]);
  result.set(rest, 2);
  return result;
}
