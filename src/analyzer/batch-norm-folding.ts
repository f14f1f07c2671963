import type { Node, TypedGraph } from "../onnx/ir.js";

/** Whether a convolution's bias holds a BatchNormalization's, as far as the file can tell. */
export type Folded = "folded" | "not-folded" | "unknown";

/**
 * PyTorch's exporters fold a BatchNormalization that follows a convolution into its weight and bias. Tensors that
 * they made up in doing so have lost the name that the module gave them.
 *
 * @returns undefined for nodes that are no convolution with a bias
 */
export function batchNormFolded(graph: TypedGraph, node: Node): Folded | undefined {
  const bias = node.inputs[2];
  if (!node.op.startsWith("Conv") || !bias || !graph.constants.has(bias)) return undefined;
  const weight = node.inputs[1]!;
  if (isMadeUp(bias) && isMadeUp(weight)) return "folded";
  return bias.endsWith(".bias") && weight.endsWith(".weight") ? "not-folded" : "unknown";
}

/** "onnx::Conv_193" of the TorchScript exporter, "val_12" of the dynamo one. */
function isMadeUp(name: string): boolean {
  return /^(onnx::\w+_\d+|val_\d+)$/.test(name) || name.endsWith("_bn") || name.includes("_fused");
}
