import { limitMemory, usualMaxMemory } from "../../src/backends/limited-memory.js";
import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { BackendError } from "../../src/errors.js";
import type { Port, TypedGraph } from "../../src/onnx/ir.js";
import { isStatic, sizeOf } from "../../src/tensor/shape.js";
import { fromNumbers, type Tensor } from "../../src/tensor/tensor.js";

/**
 * Loads a written file with ONNX Runtime and runs it once, on zeros and one sample. A file with open extents other than
 * the batch is only loaded.
 *
 * @param graph the graph in the file
 * @throws {BackendError} if ONNX Runtime refuses the file @throws {MemoryLimitError} if it takes more than `maxMemory`
 */
export async function tryOnnxFile(
  path: string,
  graph: TypedGraph,
  maxMemory = usualMaxMemory(),
): Promise<void> {
  try {
    const executable = await limitMemory(ortBackend(), maxMemory).open!(path, graph, graph);
    try {
      const feeds = graph.inputs.map((port) => [port.name, zerosFor(port)] as const);
      if (feeds.every((feed): feed is [string, Tensor] => feed[1] !== undefined)) {
        await executable.run(new Map(feeds));
      }
    } finally {
      await executable.dispose();
    }
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    throw new BackendError(`the converted file does not run and was not kept: ${error.message}`, {
      cause: error,
    });
  }
}

/** One sample of zeros; undefined if other extents than the batch are open. */
function zerosFor({ fact: { dtype, shape } }: Port): Tensor | undefined {
  const dims = shape.map((dim, i) => (i === 0 && typeof dim === "string" ? 1 : dim));
  if (!isStatic(dims)) return undefined;
  return fromNumbers(dtype, dims, new Float64Array(sizeOf(dims)));
}
