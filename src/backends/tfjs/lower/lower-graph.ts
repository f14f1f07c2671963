import { BackendError } from "../../../errors.js";
import type { Graph, Node, TypedGraph } from "../../../onnx/ir.js";
import { dtypeOf } from "../../../onnx/file/element-types.js";
import type { DType } from "../../../tensor/dtype.js";
import { registry } from "../../../ops/all.js";
import { plainLayout, type Layout } from "../layout.js";
import type { Program } from "../program.js";
import { NodeToLower } from "./lowering.js";
import type { Operand } from "./program-writer.js";
import { lowerings, refused } from "./table.js";
import { Words } from "./words.js";

export interface LowerOptions {
  /** How inputs and outputs lie in memory, by name; as the graph has them unless given. */
  readonly layouts?: ReadonlyMap<string, Layout>;
  /** Outputs of which nothing is said lie as they were computed. */
  readonly asComputed?: boolean;
}

/**
 * The program of a graph whose extents are all numbers (specialize.ts).
 *
 * @throws {BackendError} where a node cannot be run
 */
export function lowerGraph(graph: TypedGraph, options: LowerOptions = {}): Program {
  const w = new Words();
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
 * Looks at a whole graph before it is first run.
 *
 * @throws {BackendError} naming every node for which there is no lowering, and every value of a type that tfjs lacks
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
  const lines = ["tfjs cannot run this graph; ONNX Runtime can (--backend ort):", ...missing];
  throw new BackendError(lines.join("\n"));
}

const lineOf = (what: string, reason: string | undefined): string[] =>
  reason === undefined ? [] : [`  ${what}: ${reason}`];

function missingType(dtype: DType): string | undefined {
  if (dtype === "float64" || dtype === "string") return `tfjs has no ${dtype}`;
  return undefined;
}

function missingReason({ op, domain, attributes }: Node): string | undefined {
  if (domain !== "") return `operator set "${domain}" is not known`;
  const to = attributes["to"];
  if (op === "Cast" && to?.type === "int" && missingType(dtypeOf(to.value) ?? "string")) {
    return `tfjs has no ${dtypeOf(to.value) ?? "such type"}`;
  }
  // Its branch is chosen once shapes are known.
  if (op === "If" || op in lowerings) return undefined;
  if (registry.get(op)?.definition) return undefined;
  return refused[op] ?? "no lowering for this operator";
}
