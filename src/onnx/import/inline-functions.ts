import { ModelFormatError } from "../../errors.js";
import { MAX_CALL_DEPTH, MAX_INLINED_NAMES, MAX_INLINED_NODES } from "../file/limits.js";
import { checkName } from "./name-nodes.js";
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
} from "../file/schema.js";

/** Maps "ai.onnx" to its short name, "". */
export function normalizeDomain(domain: string | undefined): string {
  return domain === undefined || domain === "ai.onnx" ? "" : domain;
}

/**
 * Inlines calls of the model's own functions; values of a body are prefixed with the name of the calling node.
 * PyTorch 2.1 to 2.4 write every operator as such a function with `dynamo=True`.
 *
 * @throws {ModelFormatError} if functions are recursive, grow beyond the limits, or need a different opset
 */
export function inlineFunctions(model: ModelProto): ModelProto {
  if (model.graph === undefined || (model.functions ?? []).length === 0) return model;
  const inliner: Inliner = {
    functions: new Map(
      (model.functions ?? []).map((f) => [keyOf(f.domain, f.name, f.overload), f]),
    ),
    opsets: new Map((model.opsetImport ?? []).map((o) => [normalizeDomain(o.domain), o])),
    taken: new Map(),
    nodes: 0,
    names: 0,
  };
  collectNames(model.graph, inliner.taken);
  const graph = expandGraph(inliner, model.graph, 0);
  return { ...model, functions: [], graph, opsetImport: [...inliner.opsets.values()] };
}

interface Inliner {
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly opsets: Map<string, OperatorSetIdProto>;
  /** Value names in use, with the last numeric suffix given to each. */
  readonly taken: Map<string, number>;
  nodes: number;
  /** Number of names generated so far, checked against MAX_INLINED_NAMES. */
  names: number;
}

function keyOf(domain?: string, name?: string, overload?: string): string {
  return JSON.stringify([normalizeDomain(domain), name ?? "", overload ?? ""]);
}

function collectNames(graph: GraphProto, names: Map<string, number>): void {
  for (const { name } of [...(graph.input ?? []), ...(graph.initializer ?? [])]) {
    if (name !== undefined) names.set(name, 1);
  }
  for (const node of graph.node ?? []) {
    for (const output of node.output ?? []) names.set(output, 1);
    for (const inner of subgraphsOf(node)) collectNames(inner, names);
  }
}

function subgraphsOf(node: NodeProto): GraphProto[] {
  return (node.attribute ?? []).flatMap((a) => (a.g === undefined ? [] : [a.g]));
}

function expandGraph(inliner: Inliner, graph: GraphProto, depth: number): GraphProto {
  const { node, ...rest } = graph;
  if (depth > MAX_CALL_DEPTH) {
    throw new ModelFormatError(`subgraphs and functions are nested deeper than ${MAX_CALL_DEPTH}`);
  }
  return node === undefined ? graph : { ...rest, node: expandNodes(inliner, node, depth) };
}

function expandNodes(inliner: Inliner, nodes: readonly NodeProto[], depth: number): NodeProto[] {
  return nodes.flatMap((node) => {
    if (++inliner.nodes > MAX_INLINED_NODES) {
      throw new ModelFormatError(`the model's functions expand to over ${MAX_INLINED_NODES} nodes`);
    }
    const definition = inliner.functions.get(keyOf(node.domain, node.opType, node.overload));
    if (definition !== undefined) return expandCall(inliner, node, definition, depth);
    if (subgraphsOf(node).length === 0) return [node];
    const attribute = (node.attribute ?? []).map((a) =>
      a.g === undefined ? a : { ...a, g: expandGraph(inliner, a.g, depth + 1) },
    );
    return [{ ...node, attribute }];
  });
}

function expandCall(
  inliner: Inliner,
  call: NodeProto,
  definition: FunctionProto,
  depth: number,
): NodeProto[] {
  const op = call.opType ?? "";
  if (depth >= MAX_CALL_DEPTH) {
    throw new ModelFormatError(`function ${op} calls itself, or calls are nested too deep`);
  }
  mergeOpsets(inliner, definition);
  const prefix = call.name === undefined || call.name === "" ? op : call.name;
  checkName(prefix, `a call of function ${op}`);
  const scope: CallScope = {
    prefix,
    attributes: attributesOf(call, definition),
    names: new Map([["", ""]]),
    inliner,
  };
  (definition.input ?? []).forEach((name, i) => scope.names.set(name, call.input?.[i] ?? ""));
  const copies = bindOutputs(scope, call, definition);
  const body = (definition.node ?? []).map((node) => renameNode(scope, node));
  return [...expandNodes(inliner, body, depth + 1), ...copies];
}

/**
 * Merges a function's opsets into the model's. Only one version per domain is allowed, because operators may differ
 * between versions.
 */
function mergeOpsets(inliner: Inliner, definition: FunctionProto): void {
  for (const opset of definition.opsetImport ?? []) {
    const domain = normalizeDomain(opset.domain);
    const known = inliner.opsets.get(domain);
    if (known === undefined) inliner.opsets.set(domain, opset);
    else if (known.version !== opset.version) {
      const name = domain === "" ? "ai.onnx" : domain;
      throw new ModelFormatError(
        `function ${definition.name ?? ""} uses opset ${opset.version ?? 0n} of ${name}, the model ` +
          `opset ${known.version ?? 0n}; inline it with onnx.inliner first`,
      );
    }
  }
}

interface CallScope {
  readonly prefix: string;
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  /** Names in the function → names in the caller. */
  readonly names: Map<string, string>;
  readonly inliner: Inliner;
}

function attributesOf(call: NodeProto, definition: FunctionProto): Map<string, AttributeProto> {
  const all = [...(definition.attributeProto ?? []), ...(call.attribute ?? [])];
  return new Map(all.map((a) => [a.name ?? "", a]));
}

/**
 * Outputs take the caller's names. An output that is also an input, or is listed twice, is already bound and needs a
 * copy.
 */
function bindOutputs(scope: CallScope, call: NodeProto, definition: FunctionProto): NodeProto[] {
  const copies: NodeProto[] = [];
  (definition.output ?? []).forEach((name, i) => {
    const outer = call.output?.[i] ?? "";
    if (outer === "") return;
    const bound = scope.names.get(name);
    if (bound === undefined) scope.names.set(name, outer);
    else copies.push({ opType: "Identity", input: [bound], output: [outer] });
  });
  return copies;
}

function rename(scope: CallScope, name: string): string {
  countNames(scope.inliner, 1);
  const known = scope.names.get(name);
  if (known !== undefined) return known;
  const wanted = `${scope.prefix}/${name}`;
  checkName(wanted, "a function's body");
  const { taken } = scope.inliner;
  let fresh = wanted;
  let last = taken.get(wanted) ?? 0;
  while (taken.has(fresh)) fresh = `${wanted}_${++last}`;
  taken.set(wanted, last).set(fresh, 1);
  scope.names.set(name, fresh);
  return fresh;
}

function countNames(inliner: Inliner, count: number): void {
  inliner.names += count;
  if (inliner.names <= MAX_INLINED_NAMES) return;
  throw new ModelFormatError(`the model's functions expand to over ${MAX_INLINED_NAMES} names`);
}

function renameNode(scope: CallScope, node: NodeProto): NodeProto {
  const { name, ...rest } = node;
  countNames(scope.inliner, 1 + (node.attribute ?? []).length);
  return {
    ...rest,
    ...(name === undefined || name === "" ? {} : { name: `${scope.prefix}/${name}` }),
    input: (node.input ?? []).map((n) => rename(scope, n)),
    output: (node.output ?? []).map((n) => rename(scope, n)),
    attribute: (node.attribute ?? []).flatMap((a) => bindAttribute(scope, a)),
  };
}

/** Substitutes an attribute reference. If the call omits the attribute, the body omits it too. */
function bindAttribute(scope: CallScope, attribute: AttributeProto): AttributeProto[] {
  if (attribute.g !== undefined) return [{ ...attribute, g: renameGraph(scope, attribute.g) }];
  const reference = attribute.refAttrName ?? "";
  if (reference === "") return [attribute];
  const given = scope.attributes.get(reference);
  return given === undefined ? [] : [{ ...given, name: attribute.name ?? "" }];
}

function renameGraph(scope: CallScope, graph: GraphProto): GraphProto {
  const named = <T extends { readonly name?: string }>(list: readonly T[] | undefined): T[] =>
    (list ?? []).map((item) => ({ ...item, name: rename(scope, item.name ?? "") }));
  return {
    ...graph,
    input: named(graph.input),
    output: named(graph.output),
    initializer: named(graph.initializer),
    node: (graph.node ?? []).map((node) => renameNode(scope, node)),
  };
}
