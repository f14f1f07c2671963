import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { BackendError } from "../../errors.js";
import { writeModel } from "../../onnx/export.js";
import type { Graph } from "../../onnx/ir.js";
import type { DType } from "../../tensor/dtype.js";
import { tensor, type Tensor, type Tensors } from "../../tensor/tensor.js";
import type { Backend, Executable, GraphPorts } from "../backend.js";
import { defaultProvider, loadRuntime, type Ort, type RuntimeOptions } from "./runtime.js";

export interface OrtOptions extends RuntimeOptions {
  /** Execution provider, as ONNX Runtime names it: cpu, cuda, webgpu, dml, coreml; in a browser, wasm or webgpu. */
  readonly provider?: string | undefined;
}

/** ONNX Runtime: the default engine. */
export function ortBackend(options: OrtOptions = {}): Backend {
  const provider = options.provider ?? defaultProvider;
  const start = async (
    runsOn: InferenceSession.ExecutionProviderConfig,
    what: "graph" | "file",
    bytes: Uint8Array,
    ports: GraphPorts,
  ): Promise<Executable> => {
    const ort = await loadRuntime(provider, options);
    const settings: InferenceSession.SessionOptions = {
      executionProviders: [runsOn],
      graphOptimizationLevel: "all",
      // What it refuses of a file is said by the caller, if it matters.
      logSeverityLevel: what === "file" ? 4 : 3,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    };
    try {
      return new OrtExecutable(ort, await ort.InferenceSession.create(bytes, settings), ports);
    } catch (error) {
      throw new BackendError(`ONNX Runtime (${provider}) refuses the ${what}: ${reason(error)}`, {
        cause: error,
      });
    }
  };
  return {
    name: "ort",
    // A CPU is no faster with more (forward and backward of ResNet-50, for each image: 178 ms alone, 191 ms of eight).
    batch: ["cpu", "wasm"].includes(provider) ? 1 : 8,
    compile: (graph) =>
      start(provider === "webgpu" ? webgpu(graph) : provider, "graph", writeModel(graph), graph),
    open: (bytes, ports) => start(provider, "file", bytes, ports),
  };
}

/** ONNX Runtime 1.30 takes a MaxPool with Indices for WebGPU, and fails when it runs it there. */
function webgpu({ nodes }: Graph): InferenceSession.WebGpuExecutionProviderOption {
  const pools = nodes.filter(({ op, outputs }) => op === "MaxPool" && outputs.length > 1);
  return {
    name: "webgpu",
    ...(pools.length > 0 ? { forceCpuNodeNames: pools.map(({ name }) => name) } : {}),
  };
}

class OrtExecutable implements Executable {
  private readonly ort: Ort;
  private readonly session: InferenceSession;
  private readonly ports: GraphPorts;

  constructor(ort: Ort, session: InferenceSession, ports: GraphPorts) {
    this.ort = ort;
    this.session = session;
    this.ports = ports;
  }

  async run(feeds: Tensors): Promise<Tensors> {
    const inputs: Record<string, OrtTensor> = {};
    for (const { name } of this.ports.inputs) {
      const feed = feeds.get(name);
      if (!feed) throw new BackendError(`no value for input "${name}"`);
      inputs[name] = new this.ort.Tensor(feed.dtype as OrtTensor.Type, feed.data, feed.dims);
    }
    try {
      const results = await this.session.run(inputs);
      return new Map(this.ports.outputs.map(({ name }) => [name, fromOrt(results[name]!)]));
    } catch (error) {
      throw new BackendError(`ONNX Runtime failed: ${reason(error)}`, { cause: error });
    }
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }
}

function fromOrt(t: OrtTensor): Tensor {
  return tensor(t.type as DType, t.dims, t.data as never);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
