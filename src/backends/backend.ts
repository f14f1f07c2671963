import type { ModelProto } from "../onnx/file/schema.js";
import type { Graph, Port, TypedGraph } from "../onnx/ir.js";
import type { Tensors } from "../tensor/tensor.js";

/** A back end that can run graphs. */
export interface Backend {
  readonly name: string;
  /** Fastest batch size for many samples. Default 1. */
  readonly batch?: number;
  /** Compiles a graph. @throws {BackendError} if the back end rejects it or is not available */
  compile(graph: Graph): Promise<Executable>;
  /**
   * Opens an .onnx file, unmodified. Absent if the back end cannot read such files.
   *
   * @param file its bytes, its path if it has external weight files, or the decoded file with all weights
   * @param known the shapes of its values, for checking a memory limit
   * @throws {BackendError} if the back end rejects the file
   */
  open?(
    file: Uint8Array | string | ModelProto,
    ports: GraphPorts,
    known?: TypedGraph,
  ): Promise<Executable>;
}

/** Input and output names of a model file. */
export interface GraphPorts {
  readonly inputs: readonly Pick<Port, "name">[];
  readonly outputs: readonly Pick<Port, "name">[];
}

/** A graph ready to run. Holds memory until disposed. */
export interface Executable {
  /**
   * Runs the graph on all inputs and returns all outputs. @throws {BackendError} if an input is missing or the run
   * fails
   */
  run(feeds: Tensors): Promise<Tensors>;
  dispose(): Promise<void>;
}
