import type { FullGradient } from "../../decomposition/full-gradient.js";
import { differentiate } from "../../autodiff/differentiate.js";
import { UsageError } from "../../errors.js";
import type { Fact, Node, Value } from "../../onnx/ir.js";
import { shapeOfAnyBatch } from "../../passes/open-batch.js";
import { rerun } from "./rerun.js";

/** The nodes between a layer and the explained output, in order. */
export function headOf(
  { graph, explained, plan }: FullGradient,
  layer: { readonly value: string; readonly node: string },
): readonly Node[] {
  const behind = new Set([layer.value]);
  for (const node of graph.nodes) {
    if (node.inputs.some((name) => behind.has(name))) for (const o of node.outputs) behind.add(o);
  }
  const wanted = new Set([explained.name]);
  const head = graph.nodes.toReversed().filter((node) => {
    const isWanted = node.outputs.some((name) => wanted.has(name) && behind.has(name));
    if (isWanted && !node.outputs.includes(layer.value)) for (const i of node.inputs) wanted.add(i);
    return isWanted && !node.outputs.includes(layer.value);
  });
  const other = [...wanted].find((name) => plan.path.dependent.has(name) && !behind.has(name));
  if (other !== undefined || !behind.has(explained.name)) {
    throw new UsageError(
      `the output needs "${other ?? explained.name}" beside layer "${layer.node}", which does not stand alone; choose another one (layer)`,
    );
  }
  return head.reverse();
}

/** Runs the head a second time, on other activations and another number of samples. */
export function runHead(
  { b, graph, explained }: FullGradient,
  head: readonly Node[],
  from: string,
  masked: Value,
): Value {
  const values = new Map([[from, masked]]);
  const batch = graph.facts.get(from)!.shape[0];
  const at = b.within("each-place");
  rerun(at, head, values, (node, input) => {
    if (input !== 1 || typeof batch !== "number") return undefined;
    const open = shapeOfAnyBatch(node, graph.constants.get(node.inputs[1]!), batch);
    return open && at.constant(open);
  });
  return values.get(explained.name)!;
}

/** The gradient of the head's score at a value that replaces a layer's. */
export function headGradient(
  full: FullGradient,
  head: readonly Node[],
  from: string,
  value: Value,
): Value {
  const { b, graph, registry, target } = full;
  const before = b.nodes.length;
  const output = runHead(full, head, from, value);
  const nodes = b.nodes.slice(before);
  const names = new Set([value.name, ...nodes.flatMap((n) => [...n.inputs, ...n.outputs])]);
  names.delete("");
  const facts = new Map([...names].map((name): [string, Fact] => [name, b.value(name).fact]));
  const active = new Set([value.name, ...nodes.flatMap((n) => n.outputs)]);
  const seeds = new Map([[output.name, target.seed]]);
  return differentiate(b, { ...graph, nodes, facts }, registry, seeds, active).of(value.name)!;
}
