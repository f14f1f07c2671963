import { BackendError } from "../../../errors.js";
import { straightThroughDomain, type Graph, type Node, type TypedGraph } from "../../../onnx/ir.js";
import { dtypeOf } from "../../../onnx/file/element-types.js";
import type { DType } from "../../../tensor/dtype.js";
import { registry } from "../../../ops/all.js";
import { plainLayout, type Layout } from "../layout.js";
import type { Program } from "../program.js";
import { NodeToLower } from "./lowering.js";
import type { Operand } from "./program-writer.js";
import { lowerings, refused } from "./table.js";
import { TfOpBuilder } from "./tf-op-builder.js";

export interface LowerOptions {
  /** Memory order of inputs and outputs, by name. Default: the graph's axis order. */
  readonly layouts?: ReadonlyMap<string, Layout>;
  /** If true, outputs without a given layout stay in the layout in which they were computed. */
  readonly asComputed?: boolean;
}

/**
 * Lowers a graph with static shapes (specialize.ts) to a program.
 *
 * @throws {BackendError} if a node has no lowering
 */
export function lowerGraph(graph: TypedGraph, options: LowerOptions = {}): Program {
  const w = new TfOpBuilder();
  const operands = new Map<string, Operand>();
  const layoutOf = (name: string, rank: number): Layout =>
    options.layouts?.get(name) ?? plainLayout(rank);
  for (const { name, fact } of graph.inputs) {
    const dims = fact.shape as readonly number[];
    const layout = layoutOf(name, dims.length);
    operands.set(name, w.input({ name, dtype: fact.dtype, dims, layout }));
  }
  const operandOf = (name: string): Operand | undefined => {
    if (name === "") return undefined;
    const known = operands.get(name);
    if (known) return known;
    const constant = graph.constants.get(name);
    if (!constant) throw new BackendError(`no value named "${name}" in the graph`);
    const operand = w.constant(constant, name);
    operands.set(name, operand);
    return operand;
  };
  for (const node of graph.nodes) {
    const n = new NodeToLower(
      registry.view(graph, node, () => false),
      node.inputs.map(operandOf),
    );
    w.place = node.name;
    const lowered = lowerings[node.op]!(w, n);
    const outputs = Array.isArray(lowered) ? (lowered as readonly Operand[]) : [lowered as Operand];
    node.outputs.forEach((name, i) => {
      if (name !== "" && outputs[i]) operands.set(name, outputs[i]);
    });
  }
  for (const { name } of graph.outputs) {
    const operand = operandOf(name)!;
    const free = options.asComputed && !options.layouts?.has(name);
    const layout = free ? operand.layout : layoutOf(name, operand.dims.length);
    const value = w.arrange(operand, layout).id;
    const { dtype } = graph.facts.get(name)!;
    w.output({ name, value, dtype, dims: operand.dims, layout });
  }
  return w.build();
}

/**
 * Checks a whole graph before its first run.
 *
 * @throws {BackendError} listing every node without a lowering, and every value of a dtype that tfjs lacks
 */
export function checkRunnable(graph: Graph): void {
  const missing = [
    ...graph.nodes.flatMap((n) => lineOf(`${n.op} (node "${n.name}")`, missingReason(n))),
    ...graph.inputs.flatMap((i) => lineOf(`input "${i.name}"`, missingType(i.fact.dtype))),
    ...[...graph.constants].flatMap(([name, t]) =>
      lineOf(`constant "${name}"`, missingType(t.dtype)),
    ),
  ];
  if (missing.length === 0) return;
  const lines = ["tfjs cannot run this graph; ONNX Runtime can (option backend: ort):", ...missing];
  throw new BackendError(lines.join("\n"));
}

const lineOf = (what: string, reason: string | undefined): string[] =>
  reason === undefined ? [] : [`  ${what}: ${reason}`];

function missingType(dtype: DType): string | undefined {
  if (dtype === "float64" || dtype === "string") return `tfjs does not support ${dtype}`;
  return undefined;
}

function missingReason({ op, domain, attributes }: Node): string | undefined {
  if (domain !== "" && domain !== straightThroughDomain)
    return `operator set "${domain}" is not supported`;
  const to = attributes["to"];
  if (op === "Cast" && to?.type === "int" && missingType(dtypeOf(to.value) ?? "string")) {
    return `tfjs does not support ${dtypeOf(to.value) ?? "this dtype"}`;
  }
  // The branch of an If is chosen once shapes are known.
  if (op === "If" || op in lowerings) return undefined;
  if (registry.get(op)?.definition) return undefined;
  return refused[op] ?? "no lowering for this operator";
}
