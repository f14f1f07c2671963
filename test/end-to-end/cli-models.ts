import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeModel } from "../../src/onnx/file/encode.js";
import type { GraphProto, ModelProto } from "../../src/onnx/file/schema.js";
import { floats, ints, model, node } from "../unit/onnx/small-models.js";

/** Writes a model and returns its path. */
export function writeModelFile(folder: string, proto: ModelProto, name = "model.onnx"): string {
  const path = join(folder, name);
  writeFileSync(path, encodeModel(proto));
  return path;
}

export function weights(name: string, dims: readonly number[], values: readonly number[]) {
  return {
    name,
    dataType: 1,
    dims: BigInt64Array.from(dims, BigInt),
    floatData: Float32Array.from(values),
  };
}

/** Image → 3x3 convolution of two channels → mean over space: two classes. */
export function twoClasses(options: {
  readonly size?: readonly [number | string, number | string];
  readonly bias?: readonly number[];
  readonly weight?: (i: number) => number;
  readonly channels?: number;
}): ModelProto {
  const { size = [8, 8], bias = [0.5, -0.25], channels = 3 } = options;
  const weight = options.weight ?? ((i) => Math.sin(i));
  const count = 2 * channels * 9;
  const graph: GraphProto = {
    node: [
      node("Conv", ["x", "w", "b"], ["c"], {
        name: "conv",
        attribute: [ints("pads", 1n, 1n, 1n, 1n), ints("kernel_shape", 3n, 3n)],
      }),
      node("Relu", ["c"], ["r"], { name: "relu" }),
      node("GlobalAveragePool", ["r"], ["p"], { name: "pool" }),
      node("Flatten", ["p"], ["y"], { name: "flatten" }),
    ],
    initializer: [
      weights(
        "w",
        [2, channels, 3, 3],
        Array.from({ length: count }, (_, i) => weight(i)),
      ),
      weights("b", [2], bias),
    ],
    input: [floats("x", "N", channels, ...size)],
    output: [floats("y", "N", 2)],
  };
  return model(graph);
}
