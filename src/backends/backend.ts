import type { Graph, Port } from "../onnx/ir.js";
import type { Tensors } from "../tensor/tensor.js";

/** An engine that can run graphs. */
export interface Backend {
  readonly name: string;
  /** How many samples it is fastest to run at once, where there are many of them; 1 unless given. */
  readonly batch?: number;
  /** Prepares a graph. @throws {BackendError} where the engine refuses it or is not available. */
  compile(graph: Graph): Promise<Executable>;
  /**
   * Prepares the bytes of an .onnx file as they are, with nothing of ours in between. An engine that cannot read such
   * files has no such method.
   *
   * @throws {BackendError} where the engine refuses it
   */
  open?(bytes: Uint8Array, ports: GraphPorts): Promise<Executable>;
}

/** What goes into a file's graph, and what is wanted of it. */
export interface GraphPorts {
  readonly inputs: readonly Pick<Port, "name">[];
  readonly outputs: readonly Pick<Port, "name">[];
}

/** A graph ready to run; holds memory until it is disposed of. */
export interface Executable {
  /** Runs the graph on all of its inputs and gives all of its outputs. @throws {BackendError} */
  run(feeds: Tensors): Promise<Tensors>;
  dispose(): Promise<void>;
}
