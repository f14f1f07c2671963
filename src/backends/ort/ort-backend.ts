import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { BackendError } from "../../errors.js";
import { writeModel } from "../../onnx/export.js";
import type { Graph } from "../../onnx/ir.js";
import type { DType } from "../../tensor/dtype.js";
import { tensor, type Tensor } from "../../tensor/tensor.js";
import type { Backend, Executable, Tensors } from "../backend.js";

export interface OrtOptions {
  /** Execution provider, as ONNX Runtime names it: cpu, cuda, webgpu, dml, coreml. */
  readonly provider?: string;
  /** Threads for one operator; ONNX Runtime's own choice (one a core) unless given. */
  readonly threads?: number;
}

type Ort = typeof import("onnxruntime-node");

/** ONNX Runtime: the default engine in Node. */
export function ortBackend(options: OrtOptions = {}): Backend {
  const provider = options.provider ?? "cpu";
  return {
    name: "ort",
    // A CPU is no faster with more (forward and backward of ResNet-50, for each image: 178 ms alone, 191 ms of eight).
    batch: provider === "cpu" ? 1 : 8,
    async compile(graph) {
      const ort = await loadOrt();
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

async function loadOrt(): Promise<Ort> {
  try {
    const module = (await import("onnxruntime-node")) as Ort & { default?: Ort };
    return module.default ?? module;
  } catch (error) {
    throw new BackendError("onnxruntime-node cannot be loaded: npm install onnxruntime-node", {
      cause: error,
    });
  }
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
