import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";

/** Whether a convolution's bias holds a BatchNormalization's, as far as the file can tell. */
export type Folded = "folded" | "not-folded" | "unknown";

/**
 * PyTorch's exporters fold a BatchNormalization that follows a convolution into its weight and bias, and leave traces
 * in names (seen in torch 2.15): the TorchScript exporter makes up both tensors ("onnx::Conv_193"), where untouched
 * ones keep their module's name ("conv1.weight"); the dynamo exporter names a bias that was not there before after the
 * weight ("conv1.weight_bias"), and the result after the BatchNormalization's first output ("getitem_3").
 *
 * @returns undefined for nodes that are no convolution with a constant bias
 */
export function batchNormFolded(
  graph: TypedGraph,
  registry: Registry,
  node: Node,
): Folded | undefined {
  const [, weight, bias] = node.inputs;
  if (registry.role(node) !== "convolution") return undefined;
  if (!weight || !bias || !graph.constants.has(bias)) return undefined;
  const madeUp = /^onnx::\w+_\d+$/;
  if (madeUp.test(weight) && madeUp.test(bias)) return "folded";
  if (bias === `${weight}_bias` || /^getitem(_\d+)?$/.test(node.outputs[0]!)) return "folded";
  return weight.endsWith(".weight") && bias.endsWith(".bias") ? "not-folded" : "unknown";
}
