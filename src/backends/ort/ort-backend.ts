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
  return {
    name: "ort",
    async compile(graph) {
      const provider = options.provider ?? defaultProvider;
      const ort = await loadRuntime(provider, options);
      const settings: InferenceSession.SessionOptions = {
        executionProviders: [provider],
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
