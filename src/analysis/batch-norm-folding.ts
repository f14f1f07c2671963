import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";

/** Whether the exporter folded a BatchNormalization into a convolution, judged by the names in the file. */
export type Folded = "folded" | "not-folded" | "unknown";

/**
 * PyTorch's exporters fold a BatchNormalization that follows a convolution into its weight and bias, and leave traces
 * in names (observed in torch 2.15). The TorchScript exporter gives both tensors generated names ("onnx::Conv_193"), and
 * keeps the module's name ("conv1.weight") for unchanged ones. The dynamo exporter names a new bias after the weight
 * ("conv1.weight_bias"), and the result after the BatchNormalization's first output ("getitem_3").
 *
 * @returns undefined unless the node is a convolution with a constant bias
 */
export function batchNormFolded(
  graph: TypedGraph,
  registry: Registry,
  node: Node,
): Folded | undefined {
  const [, weight, bias] = node.inputs;
  if (registry.role(node) !== "convolution") return undefined;
  if (!weight || !bias || !graph.constants.has(bias)) return undefined;
  const generated = /^onnx::\w+_\d+$/;
  if (generated.test(weight) && generated.test(bias)) return "folded";
  if (bias === `${weight}_bias` || /^getitem(_\d+)?$/.test(node.outputs[0]!)) return "folded";
  return weight.endsWith(".weight") && bias.endsWith(".bias") ? "not-folded" : "unknown";
}
