import type { InferenceSession } from "onnxruntime-node";
import { BackendError, UsageError } from "../../errors.js";
import { exportModel } from "../../onnx/export.js";
import { encodeModel } from "../../onnx/file/encode.js";
import { splitWeights, weightBytes, type TensorFile } from "../../onnx/file/externalize.js";
import type { ModelProto } from "../../onnx/file/schema.js";
import type { Graph } from "../../onnx/ir.js";
import type { Tensors } from "../../tensor/tensor.js";
import type { Backend, Executable, GraphPorts } from "../backend.js";
import { sessionsOf, type OrtSession, type SessionSettings } from "./session.js";
import {
  defaultProvider,
  loadRuntime,
  startThreads,
  takesFiles,
  type RuntimeOptions,
  type StartedThreads,
} from "./runtime.js";

export interface OrtOptions extends RuntimeOptions {
  /** Execution provider by ONNX Runtime's name: cpu, cuda, webgpu, dml, coreml; in browsers wasm or webgpu. */
  readonly provider?: string | undefined;
  /**
   * In Node, worker threads that run the graphs, so that the caller's event loop stays free: their number, or a
   * function of the bytes of weights, because each thread holds a copy. A run uses one worker, and the cores are
   * divided among them. Default: graphs run in the caller's thread.
   */
  readonly workers?: number | ((weights: number) => number) | undefined;
}

/** ONNX Runtime, the default back end. */
export function ortBackend(options: OrtOptions = {}): Backend {
  const { provider = defaultProvider, workers } = options;
  if (typeof workers !== "function") checkWorkers(workers);
  let threads: Promise<StartedThreads> | undefined;
  const threadsFor = (weights: number): Promise<StartedThreads> | undefined => {
    if (threads ?? workers === undefined) return threads;
    const count = typeof workers === "function" ? workers(weights) : workers;
    checkWorkers(count);
    return (threads = startThreads(count));
  };
  const start = async (
    { file, files = [], weights, ports, runsOn = provider }: Source,
    what: "graph" | "file",
  ): Promise<Executable> => {
    const apart = await threadsFor(weights);
    const intraOpNumThreads = options.threads ?? apart?.coresEach;
    const settings: SessionSettings = {
      executionProviders: [runsOn],
      graphOptimizationLevel: "all",
      // Severity 4 (fatal only) for a user's file: the caller reports a rejection if it matters.
      logSeverityLevel: what === "file" ? 4 : 3,
      ...(intraOpNumThreads === undefined ? {} : { intraOpNumThreads }),
      ...(files.length === 0 ? {} : { externalData: files }),
    };
    const create = apart?.create ?? sessionsOf(await loadRuntime(provider, options));
    try {
      return new OrtExecutable(await create(file, settings), ports);
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
    compile: (graph) => {
      const source = { ...encoded(exportModel(graph)), ports: graph };
      return start(provider === "webgpu" ? { ...source, runsOn: webgpu(graph) } : source, "graph");
    },
    open: (file, ports) => {
      const isFile = typeof file === "string" || file instanceof Uint8Array;
      const source = isFile ? { file, weights: file.length } : encoded(file);
      return start({ ...source, ports }, "file");
    },
  };
}

/** Upper limit of workers, to catch typing errors. */
const mostWorkers = 1024;

/** Checks a value from untyped JavaScript. @throws {UsageError} if it is not a number of threads */
function checkWorkers(count: number | undefined): void {
  if (count === undefined) return;
  if (Number.isSafeInteger(count) && count >= 1 && count <= mostWorkers) return;
  throw new UsageError(`workers is a number of threads, 1 to ${mostWorkers}, not ${String(count)}`);
}

/**
 * A model as a file, in Node with external weights: the engine reads them without a copy, and models above the 2 GiB
 * limit of a single file can run.
 */
function encoded(model: ModelProto): Omit<Source, "ports"> {
  const weights = weightBytes(model);
  if (!takesFiles) return { file: encodeModel(model), weights };
  const split = splitWeights(model);
  return { file: encodeModel(split.model), files: split.files, weights };
}

/** The parts from which a session is created. */
interface Source {
  /** The bytes of an .onnx file, or its path. */
  readonly file: Uint8Array | string;
  readonly files?: readonly TensorFile[];
  /** Bytes of its weights. */
  readonly weights: number;
  readonly ports: GraphPorts;
  readonly runsOn?: InferenceSession.ExecutionProviderConfig;
}

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
  private readonly session: OrtSession;
  private readonly ports: GraphPorts;

  constructor(session: OrtSession, ports: GraphPorts) {
    this.session = session;
    this.ports = ports;
  }

  async run(feeds: Tensors): Promise<Tensors> {
    const inputs = this.ports.inputs.map(({ name }) => {
      const feed = feeds.get(name);
      if (!feed) throw new BackendError(`no value for input "${name}"`);
      return [name, feed] as const;
    });
    try {
      const results = await this.session.run(new Map(inputs));
      return new Map(this.ports.outputs.map(({ name }) => [name, results.get(name)!]));
    } catch (error) {
      throw new BackendError(`ONNX Runtime failed: ${reason(error)}`, { cause: error });
    }
  }

  dispose(): Promise<void> {
    return this.session.release();
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
