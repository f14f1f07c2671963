import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { BackendError } from "../../errors.js";
import { writeModel } from "../../onnx/export.js";
import type { Graph } from "../../onnx/ir.js";
import type { DType } from "../../tensor/dtype.js";
import { tensor, type Tensor, type Tensors } from "../../tensor/tensor.js";
import type { Backend, Executable, GraphPorts } from "../backend.js";
import { defaultProvider, loadRuntime, type Ort, type RuntimeOptions } from "./runtime.js";

export interface OrtOptions extends RuntimeOptions {
  /** Execution provider by ONNX Runtime's name: cpu, cuda, webgpu, dml, coreml; in browsers wasm or webgpu. */
  readonly provider?: string | undefined;
}

/** ONNX Runtime, the default back end. */
export function ortBackend(options: OrtOptions = {}): Backend {
  const provider = options.provider ?? defaultProvider;
  const start = async (
    runsOn: InferenceSession.ExecutionProviderConfig,
    what: "graph" | "file",
    model: Uint8Array | string,
    ports: GraphPorts,
  ): Promise<Executable> => {
    const ort = await loadRuntime(provider, options);
    const settings: InferenceSession.SessionOptions = {
      executionProviders: [runsOn],
      graphOptimizationLevel: "all",
      // Severity 4 (fatal only) for a user's file: the caller reports a rejection if it matters.
      logSeverityLevel: what === "file" ? 4 : 3,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    };
    try {
      return new OrtExecutable(ort, await createSession(ort, model, settings), ports);
    } catch (error) {
      throw new BackendError(`ONNX Runtime (${provider}) rejects the ${what}: ${reason(error)}`, {
        cause: error,
      });
    }
  };
  return {
    name: "ort",
    // Batches are not faster on a CPU (forward and backward pass of ResNet-50 per image: 178 ms alone, 191 ms in a
    // batch of eight).
    batch: ["cpu", "wasm"].includes(provider) ? 1 : 8,
    compile: (graph) =>
      start(provider === "webgpu" ? webgpu(graph) : provider, "graph", writeModel(graph), graph),
    open: (file, ports) => start(provider, "file", file, ports),
  };
}

const createSession = (
  { InferenceSession: session }: Ort,
  model: Uint8Array | string,
  settings: InferenceSession.SessionOptions,
): Promise<InferenceSession> =>
  typeof model === "string" ? session.create(model, settings) : session.create(model, settings);

/** WebGPU guarantees this number of storage buffers in one shader (maxStorageBuffersPerShaderStage). */
const mostBuffers = 8;

/**
 * Nodes that ONNX Runtime 1.30 accepts on WebGPU but fails to run there: a MaxPool with Indices, and nodes with more
 * inputs and outputs than a shader has buffers (a Concat or Split of many values).
 */
function webgpu({ nodes }: Graph): InferenceSession.WebGpuExecutionProviderOption {
  const onCpu = nodes.filter(
    ({ op, inputs, outputs }) =>
      (op === "MaxPool" && outputs.length > 1) || inputs.length + outputs.length > mostBuffers,
  );
  return {
    name: "webgpu",
    ...(onCpu.length > 0 ? { forceCpuNodeNames: onCpu.map(({ name }) => name) } : {}),
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
