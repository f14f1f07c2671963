import { AttributeType, type ModelProto } from "../../src/onnx/file/schema.js";
import { floats } from "../unit/onnx/small-models.js";

/** Prepends a Transpose, so that the model takes [N,H,W,3]. */
export function withChannelsLast(model: ModelProto): ModelProto {
  const { node = [], input = [] } = model.graph!;
  const [{ name = "" } = {}] = input;
  const transpose = {
    opType: "Transpose",
    name: "to_channels_first",
    input: ["image"],
    output: [name],
    attribute: [{ name: "perm", ints: BigInt64Array.of(0n, 3n, 1n, 2n), type: AttributeType.INTS }],
  };
  return {
    ...model,
    graph: {
      ...model.graph,
      node: [transpose, ...node],
      input: [floats("image", "N", 224, 224, 3), ...input.slice(1)],
    },
  };
}
