import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { BackendError } from "../../errors.js";
import { writeModel } from "../../onnx/export.js";
import type { Graph } from "../../onnx/ir.js";
import type { DType } from "../../tensor/dtype.js";
import { tensor, type Tensor } from "../../tensor/tensor.js";
import type { Backend, Executable, Tensors } from "../backend.js";
import { defaultProvider, loadRuntime, type Ort, type RuntimeOptions } from "./runtime.js";

export interface OrtOptions extends RuntimeOptions {
  /** Execution provider, as ONNX Runtime names it: cpu, cuda, webgpu, dml, coreml; in a browser, wasm or webgpu. */
  readonly provider?: string;
}

/** ONNX Runtime: the default engine. */
export function ortBackend(options: OrtOptions = {}): Backend {
  const provider = options.provider ?? defaultProvider;
  return {
    name: "ort",
    // A CPU is no faster with more (forward and backward of ResNet-50, for each image: 178 ms alone, 191 ms of eight).
    batch: ["cpu", "wasm"].includes(provider) ? 1 : 8,
    async compile(graph) {
      const ort = await loadRuntime(provider, options);
      const settings: InferenceSession.SessionOptions = {
        executionProviders: [provider === "webgpu" ? webgpu(graph) : provider],
        graphOptimizationLevel: "all",
        logSeverityLevel: 3,
        ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      };
      try {
        const session = await ort.InferenceSession.create(writeModel(graph), settings);
        return new OrtExecutable(ort, session, graph);
      } catch (error) {
        throw new BackendError(`ONNX Runtime (${provider}) refuses the graph: ${reason(error)}`, {
          cause: error,
        });
      }
    },
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
  private readonly graph: Graph;

  constructor(ort: Ort, session: InferenceSession, graph: Graph) {
    this.ort = ort;
    this.session = session;
    this.graph = graph;
  }

  async run(feeds: Tensors): Promise<Tensors> {
    const inputs: Record<string, OrtTensor> = {};
    for (const { name } of this.graph.inputs) {
      const feed = feeds.get(name);
      if (!feed) throw new BackendError(`no value for input "${name}"`);
      inputs[name] = new this.ort.Tensor(feed.dtype as OrtTensor.Type, feed.data, feed.dims);
    }
    try {
      const results = await this.session.run(inputs);
      return new Map(this.graph.outputs.map(({ name }) => [name, fromOrt(results[name]!)]));
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
