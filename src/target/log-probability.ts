import { TargetError } from "../errors.js";
import { int } from "../onnx/attribute.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { squashing } from "./ports.js";
import { classCount, samplesFirst } from "./target.js";

/**
 * Adds the logarithm of the softmax as a further output, [N,K]: LogSoftmax of the logits, which are the input of the final
 * Softmax or else the output itself. LogSoftmax is an ordinary node, so its implicit bias (the remainder of log Σ exp) is
 * a term, and the terms add up to the log-probability.
 *
 * @returns the graph, and the name of that output
 * @throws {TargetError} unless the output is a vector of scores for mutually exclusive classes
 */
export function withLogProbabilities(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
): { readonly graph: TypedGraph; readonly output: string } {
  const { shape } = graph.facts.get(output)!;
  const batch = graph.facts.get(input)!.shape[0] ?? 1;
  const classes = classCount(shape, batch);
  if (classes === undefined || classes < 2) {
    throw new TargetError(
      `output "${output}" [${shape.join(",")}] has no log-probabilities: they need scores of several classes`,
    );
  }
  const squashed = squashing(graph.nodes, output, registry);
  if (squashed?.probability === "sigmoid") {
    throw new TargetError(
      `output "${output}" comes from a Sigmoid: its classes do not exclude each other, so there is no softmax over them`,
    );
  }
  const b = GraphBuilder.on(graph, registry.infer);
  const at = b.within("log-probability");
  const scores = squashed?.probability === "softmax" ? squashed.node.inputs[0]! : output;
  const rows = at.reshape(b.value(scores), [samplesFirst(shape, batch)![0]!, classes], "scores");
  const value =
    squashed?.probability === "log-softmax"
      ? rows
      : at.op("LogSoftmax", [rows], { axis: int(1) }, "values");
  const built = b.build([
    ...graph.outputs.map(({ name }) => ({ name, value: b.value(name) })),
    { name: value.name, value },
  ]);
  return { graph: built, output: value.name };
}
