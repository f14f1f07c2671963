import { dataTypeOf } from "./file/element-types.js";
import { encodeModel } from "./file/encode.js";
import { modelFields } from "./import/import.js";
import { straightThroughDomain, type Attribute, type Graph, type Node, type Port } from "./ir.js";
import {
  AttributeType,
  type AttributeProto,
  type GraphProto,
  type Message,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from "./file/schema.js";
import { encodeTensor } from "./file/tensor-proto.js";

/** IR version required by each ai.onnx opset, as paired by ONNX's helper; opsets below 19 use IR version 8. */
const irVersions: readonly (readonly [opset: number, ir: bigint])[] = [
  [28, 14n],
  [25, 13n],
  [24, 12n],
  [23, 11n],
  [21, 10n],
  [19, 9n],
];

/**
 * Converts a graph to a ModelProto. The producer is fullgrad, the IR version the lowest that the opset allows. The
 * graph's metadata is kept, except the fields that describe the source file. Weights are shared, not copied.
 */
export function exportModel(graph: Graph): ModelProto {
  const opset = graph.opsets.get("") ?? 0;
  const reserved = new Set<string>(modelFields.map(([key]) => key));
  const metadataProps = [...graph.metadata]
    .filter(([key]) => !reserved.has(key))
    .map(([key, value]) => ({ key, value }));
  return {
    irVersion: irVersions.find(([first]) => opset >= first)?.[1] ?? 8n,
    producerName: "fullgrad",
    graph: exportGraph(graph),
    opsetImport: opsetsOf(graph).map(([domain, version]) => ({ domain, version: BigInt(version) })),
    metadataProps,
  };
}

/**
 * The operator sets used by nodes of the graph. Others are omitted, because a reader may refuse a file with an unknown
 * domain.
 */
function opsetsOf({ nodes, opsets }: Graph): (readonly [domain: string, version: number])[] {
  const bodies = nodes.some((n) => Object.values(n.attributes).some((a) => a.type === "graph"));
  const used = new Set(["", ...nodes.map((n) => n.domain)]);
  return [...opsets].filter(([domain]) => bodies || used.has(domain));
}

/**
 * Encodes a graph as the bytes of an .onnx file: see {@link exportModel}.
 *
 * @throws {ModelFormatError} if the file would exceed protobuf's 2 GiB
 */
export function writeModel(graph: Graph): Uint8Array {
  return encodeModel(exportModel(graph));
}

function exportGraph(graph: Graph): GraphProto {
  return {
    node: graph.nodes.map(exportNode),
    name: graph.name,
    initializer: Array.from(graph.constants, ([name, value]) => encodeTensor(value, name)),
    input: graph.inputs.map(exportPort),
    output: graph.outputs.map(exportPort),
  };
}

const isStandard = (domain: string): boolean => domain === "" || domain === straightThroughDomain;

/**
 * Inputs without trailing omitted ones: ONNX Runtime (1.30) crashes if a LayerNormalization after an Add has an empty
 * third input.
 */
const withoutTail = (inputs: readonly string[]): readonly string[] =>
  inputs.slice(0, inputs.findLastIndex((name) => name !== "") + 1);

function exportNode(node: Node): NodeProto {
  return {
    input: withoutTail(node.inputs),
    output: node.outputs,
    name: node.name,
    opType: node.op,
    ...(isStandard(node.domain) ? {} : { domain: node.domain }),
    attribute: Object.entries(node.attributes).map(([name, a]) => exportAttribute(name, a)),
  };
}

function exportAttribute(name: string, attribute: Attribute): AttributeProto {
  switch (attribute.type) {
    case "float":
      return { name, f: attribute.value, type: AttributeType.FLOAT };
    case "int":
      return { name, i: BigInt(attribute.value), type: AttributeType.INT };
    case "string":
      return { name, s: utf8(attribute.value), type: AttributeType.STRING };
    case "tensor":
      return { name, t: encodeTensor(attribute.value), type: AttributeType.TENSOR };
    case "graph":
      return { name, g: exportGraph(attribute.value), type: AttributeType.GRAPH };
    case "floats":
      return { name, floats: Float32Array.from(attribute.value), type: AttributeType.FLOATS };
    case "ints":
      return { name, ints: BigInt64Array.from(attribute.value, BigInt), type: AttributeType.INTS };
    case "strings":
      return { name, strings: attribute.value.map(utf8), type: AttributeType.STRINGS };
  }
}

function exportPort({ name, fact }: Port): ValueInfoProto {
  const dim = fact.shape.map((d): Message<"Dimension"> =>
    typeof d === "number" ? { dimValue: BigInt(d) } : { dimParam: d },
  );
  return { name, type: { tensorType: { elemType: dataTypeOf(fact.dtype), shape: { dim } } } };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
