import { ModelFormatError, UnsupportedModelError, type UnsupportedNode } from "../../errors.js";
import { tensor, type Tensor } from "../../tensor/tensor.js";
import { unsupportedType } from "../file/element-types.js";
import { readExternalData, type ExternalDataReader } from "../file/external-data.js";
import { importAttribute } from "./import-attributes.js";
import { freshSymbols, inputPort, outputPort, type FreshSymbol } from "./import-ports.js";
import { inlineFunctions, normalizeDomain } from "./inline-functions.js";
import type { Attribute, Graph, Node, Port } from "../ir.js";
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "../file/schema.js";
import { checkName, nameNodes, type NamedNode } from "./name-nodes.js";
import { sortNodes, type ReadingNode } from "./sort-nodes.js";
import { decodePacked, isPacked } from "../file/packed-tensor.js";
import { decodeTensor, headerOf } from "../file/tensor-proto.js";

/**
 * Imports a model as a graph: functions are inlined, initializers and Constant nodes become tensors, nodes are named
 * and topologically sorted.
 *
 * @param readExternal reads external data; without it, external tensors are an error
 * @throws {ModelFormatError} if the model is inconsistent, naming the node and the value
 * @throws {UnsupportedModelError} listing everything that cannot be represented (8-bit floats, sequences)
 * @throws {ExternalDataError} if an external data file is missing, too short, or outside the model's folder
 */
export async function importModel(
  model: ModelProto,
  readExternal?: ExternalDataReader,
): Promise<Graph> {
  const inlined = inlineFunctions(model);
  if (inlined.graph === undefined) throw new ModelFormatError("the model contains no graph");
  const { graph: proto } = inlined;
  const context: Context = {
    opsets: opsetsOf(inlined),
    external: await readExternalData(proto, readExternal),
    fresh: freshSymbols([...(proto.input ?? []), ...(proto.output ?? [])]),
    holes: [],
    packed: new Set(),
  };
  const { graph } = importGraph(context, proto, undefined);
  if (context.holes.length > 0) throw new UnsupportedModelError(context.holes);
  return { ...graph, metadata: metadataOf(model) };
}

interface Context {
  readonly opsets: ReadonlyMap<string, number>;
  readonly external: ReadonlyMap<TensorProto, Uint8Array>;
  readonly fresh: FreshSymbol;
  /** Unsupported elements, collected so that all of them are reported together. */
  readonly holes: UnsupportedNode[];
  /** Initializers of fewer than 8 bits. */
  readonly packed: Set<string>;
}

/** Values readable in a graph: its own and those of the enclosing graphs. */
interface Scope {
  readonly own: Set<string>;
  readonly outer: Scope | undefined;
}

function opsetsOf(model: ModelProto): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const { domain, version } of model.opsetImport ?? []) {
    const name = normalizeDomain(domain);
    const number = Number(version ?? 0n);
    const shown = `opset ${number} of "${name || "ai.onnx"}"`;
    if (number < 1) throw new ModelFormatError(`the model imports ${shown}`);
    const other = opsets.get(name);
    if (other !== undefined && other !== number) {
      throw new ModelFormatError(`the model imports ${shown}, and opset ${other} as well`);
    }
    opsets.set(name, number);
  }
  if (opsets.size > 0) return opsets;
  // Before IR version 3 there was a single opset without a version number.
  if ((model.irVersion ?? 0n) < 3n) return new Map([["", 1]]);
  throw new ModelFormatError("the model imports no opset: the file is damaged or truncated");
}

/** Text fields of ModelProto, by their names in onnx.proto. All other metadata belong to the user. */
export const modelFields = [
  ["ir_version", "irVersion"],
  ["producer_name", "producerName"],
  ["producer_version", "producerVersion"],
  ["domain", "domain"],
  ["model_version", "modelVersion"],
  ["doc_string", "docString"],
] as const;

function metadataOf(model: ModelProto): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const { key, value } of model.metadataProps ?? []) metadata.set(key ?? "", value ?? "");
  for (const [key, field] of modelFields) {
    const value = String(model[field] ?? "");
    if (value === "") metadata.delete(key);
    else metadata.set(key, value);
  }
  return metadata;
}

/** A graph, and the names it reads from the enclosing graphs. */
interface Imported {
  readonly graph: Graph;
  readonly free: ReadonlySet<string>;
}

function importGraph(context: Context, proto: GraphProto, outer: Scope | undefined): Imported {
  const scope: Scope = { own: new Set(), outer };
  const constants = importInitializers(context, proto, scope);
  const inputs = (proto.input ?? []).filter((info) => !scope.own.has(info.name ?? ""));
  for (const { name } of inputs) define(scope, name ?? "", "the graph's inputs");
  const nodes = nameNodes(proto.node ?? []);
  for (const { proto: node, where } of nodes) {
    for (const output of node.output ?? []) if (output !== "") define(scope, output, where);
  }
  const items: ReadingNode[] = [];
  for (const named of nodes) {
    const item = importNode(context, named, scope, constants);
    if (item !== undefined) items.push(item);
  }
  const outputs = proto.output ?? [];
  for (const { name } of outputs) checkDefined(scope, name ?? "", "the graph's outputs");
  const reads = items.flatMap((item) => item.reads);
  const used = new Set([...reads, ...outputs.map((info) => info.name ?? "")]);
  const graph: Graph = {
    name: proto.name ?? "",
    opsets: context.opsets,
    inputs: importInputs(context, inputs, used, outer === undefined),
    outputs: outputs.flatMap((info) => portOrHole(context, info, "output", outputPort)),
    nodes: sortNodes(items),
    constants,
    metadata: new Map(),
  };
  return { graph, free: new Set([...used].filter((name) => !scope.own.has(name))) };
}

function define(scope: Scope, name: string, where: string): void {
  checkName(name, where);
  if (scope.own.has(name)) {
    throw new ModelFormatError(`${where}: the value "${name}" is defined twice`);
  }
  scope.own.add(name);
}

function checkDefined(scope: Scope, name: string, where: string): void {
  for (let s: Scope | undefined = scope; s !== undefined; s = s.outer) {
    if (s.own.has(name)) return;
  }
  throw new ModelFormatError(`${where}: no node produces the value "${name}"`);
}

function importInitializers(
  context: Context,
  proto: GraphProto,
  scope: Scope,
): Map<string, Tensor> {
  const constants = new Map<string, Tensor>();
  for (const initializer of proto.initializer ?? []) {
    const name = initializer.name ?? "";
    if (name === "") throw new ModelFormatError("an initializer has no name");
    define(scope, name, `initializer "${name}"`);
    const value = importTensor(context, initializer, `initializer "${name}"`);
    if (isPacked(initializer)) context.packed.add(name);
    if (value === undefined)
      addHole(context, name, "initializer", unsupportedType(initializer.dataType ?? 0));
    else constants.set(name, value);
  }
  for (const { values } of proto.sparseInitializer ?? []) {
    define(scope, values?.name ?? "", "sparse initializer");
    addHole(context, values?.name ?? "", "initializer", "sparse tensors are not supported");
  }
  return constants;
}

function importTensor(context: Context, proto: TensorProto, what: string): Tensor | undefined {
  if (isPacked(proto)) return decodePacked(proto, what, context.external.get(proto));
  if (headerOf(proto, what).dtype === undefined) return undefined;
  return decodeTensor(proto, what, context.external.get(proto));
}

function addHole(context: Context, node: string, op: string, reason: string, domain = ""): void {
  context.holes.push({ node, op, opset: context.opsets.get(domain) ?? 0, reason });
}

/** An unsupported input is an error only if a node reads it. Inputs of subgraphs have no declared types. */
function importInputs(
  context: Context,
  infos: readonly ValueInfoProto[],
  used: ReadonlySet<string>,
  main: boolean,
): Port[] {
  return infos.flatMap((info) => {
    if (!main) return portOrHole(context, info, "input", outputPort);
    if (used.has(info.name ?? "")) return portOrHole(context, info, "input", inputPort);
    const result = inputPort(info, context.fresh);
    return "port" in result ? [result.port] : [];
  });
}

function portOrHole(
  context: Context,
  info: ValueInfoProto,
  role: "input" | "output",
  convert: typeof inputPort,
): Port[] {
  const result = convert(info, context.fresh);
  if ("port" in result) return [result.port];
  addHole(context, info.name ?? "", role, result.reason);
  return [];
}

/** The imported node; undefined for a Constant, whose value joins `constants`, or for an unsupported node. */
function importNode(
  context: Context,
  { proto, name, where }: NamedNode,
  scope: Scope,
  constants: Map<string, Tensor>,
): ReadingNode | undefined {
  const domain = normalizeDomain(proto.domain);
  const op = proto.opType ?? "";
  const reads = (proto.input ?? []).filter((input) => input !== "");
  for (const input of reads) checkDefined(scope, input, where);
  const attributes: [string, Attribute][] = [];
  for (const attribute of proto.attribute ?? []) {
    const result = importAttribute(attribute, where, {
      tensor: (t, what) => importTensor(context, t, what),
      graph: (g) => {
        const { graph, free } = importGraph(context, g, scope);
        reads.push(...free);
        return graph;
      },
    });
    if ("reason" in result) addHole(context, name, op, reasonOf(attribute, result.reason), domain);
    else attributes.push([attribute.name ?? "", result.attribute]);
  }
  const [first] = attributes;
  if (op === "Constant" && domain === "") {
    const output = proto.output?.[0] ?? "";
    // An unsupported attribute has already been reported above.
    if ((proto.attribute ?? []).length === 0) throw new ModelFormatError(`${where} has no value`);
    if (first !== undefined && output !== "")
      constants.set(output, constantOf(proto, first, where));
    return undefined;
  }
  // A zero point of 4 bits makes a node saturate at 4 bits, which its operands in 8 bits do not say.
  const [levels, ...others] = reads;
  if (!context.packed.has(levels ?? "") && others.some((input) => context.packed.has(input))) {
    addHole(
      context,
      name,
      op,
      "quantization to fewer than 8 bits is supported for weights alone",
      domain,
    );
  }
  const node: Node = {
    name,
    op,
    domain,
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    attributes: Object.fromEntries(attributes),
  };
  return { node, reads };
}

function reasonOf(attribute: AttributeProto, reason: string): string {
  return attribute.t === undefined
    ? reason
    : `its tensor: ${unsupportedType(attribute.t.dataType ?? 0)}`;
}

function constantOf(proto: NodeProto, [, attribute]: [string, Attribute], where: string): Tensor {
  // Read from the file: the decoded attribute clamps integers beyond 2⁵³.
  const exact = proto.attribute?.[0];
  switch (attribute.type) {
    case "tensor":
      return attribute.value;
    case "float":
      return tensor("float32", [], Float32Array.of(attribute.value));
    case "floats":
      return tensor("float32", [attribute.value.length], Float32Array.from(attribute.value));
    case "int":
      return tensor("int64", [], BigInt64Array.of(exact?.i ?? 0n));
    case "ints":
      return tensor("int64", [attribute.value.length], exact?.ints ?? new BigInt64Array(0));
    case "string":
      return tensor("string", [], [attribute.value]);
    case "strings":
      return tensor("string", [attribute.value.length], [...attribute.value]);
    case "graph":
      throw new ModelFormatError(`${where}: a constant cannot be a graph`);
  }
}
