import { BackendError, FullgradError } from "../../errors.js";
import type { Graph } from "../../onnx/ir.js";
import { sameShape, type Shape } from "../../tensor/shape.js";
import type { Tensor, Tensors } from "../../tensor/tensor.js";
import type { Backend, Executable } from "../backend.js";
import { startEngine, type Engine, type TfTensor } from "./engine.js";
import { fromTf, toTf } from "./execute/border.js";
import { ProgramRunner } from "./execute/program-runner.js";
import { checkRunnable, lowerGraph } from "./lower/lower-graph.js";
import type { Provider, ProviderOptions } from "./provider-names.js";
import { specialize } from "./specialize.js";

export interface TfjsOptions extends ProviderOptions {
  /** Default wasm. */
  readonly provider?: Provider | undefined;
}

/**
 * TensorFlow.js as a back end: runs prepared graphs in float32. A graph is compiled separately for each set of input
 * shapes.
 */
export function tfjsBackend(options: TfjsOptions = {}): Backend {
  const provider = options.provider ?? "wasm";
  return {
    name: `tfjs-${provider}`,
    async compile(graph) {
      checkRunnable(graph);
      return new TfjsExecutable(await startEngine(provider, options), graph);
    },
  };
}

class TfjsExecutable implements Executable {
  private readonly engine: Engine;
  private readonly graph: Graph;
  private readonly runners = new Map<string, ProgramRunner>();

  constructor(engine: Engine, graph: Graph) {
    this.engine = engine;
    this.graph = graph;
  }

  async run(feeds: Tensors): Promise<Tensors> {
    const inputs = this.graph.inputs.map(({ name, fact }) => {
      const feed = feeds.get(name);
      if (!feed) throw new BackendError(`no value for input "${name}"`);
      if (feed.dtype !== fact.dtype || !fits(feed, fact.shape)) {
        const [given, wanted] = [feed.dims, fact.shape].map((s) => `[${s.join(",")}]`);
        throw new BackendError(
          `input "${name}" is ${feed.dtype} ${given!}; the graph requires ${fact.dtype} ${wanted!}`,
        );
      }
      return { name, feed };
    });
    const shapes = new Map(inputs.map(({ name, feed }) => [name, feed.dims]));
    const results = this.compute(
      shapes,
      inputs.map(({ feed }) => feed),
    );
    try {
      const entries = results.map(
        async ({ port, tensor }) =>
          [port.name, await fromTf(tensor, port.dtype, port.dims)] as const,
      );
      return new Map(await Promise.all(entries));
    } finally {
      for (const { tensor } of results) tensor.dispose();
    }
  }

  async dispose(): Promise<void> {
    for (const runner of this.runners.values()) runner.dispose();
    this.runners.clear();
    return Promise.resolve();
  }

  private compute(shapes: ReadonlyMap<string, readonly number[]>, feeds: readonly Tensor[]) {
    try {
      const runner = this.runnerFor(shapes);
      const tensors = this.engine.use(() => {
        const inputs = feeds.map((feed) => toTf(this.engine.tf, feed));
        return runner.run(inputs);
      });
      return runner.program.outputs.map((port, i) => ({ port, tensor: tensors[i] as TfTensor }));
    } catch (error) {
      if (error instanceof FullgradError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new BackendError(`tfjs (${this.engine.backend}) failed: ${reason}`, { cause: error });
    }
  }

  private runnerFor(shapes: ReadonlyMap<string, readonly number[]>): ProgramRunner {
    const key = [...shapes.values()].map((dims) => dims.join()).join(";");
    const runner =
      this.runners.get(key) ??
      new ProgramRunner(this.engine, lowerGraph(specialize(this.graph, shapes)));
    // A Map keeps insertion order: reinsert the runner as the most recently used.
    this.runners.delete(key);
    this.runners.set(key, runner);
    for (const [oldest, unused] of [...this.runners].slice(0, -mostShapes)) {
      unused.dispose();
      this.runners.delete(oldest);
    }
    return runner;
  }
}

/**
 * Maximum shapes for which a graph stays compiled: a full batch, the last batch, and one sample. Each holds all
 * weights.
 */
const mostShapes = 3;

const fits = ({ dims }: Tensor, shape: Shape): boolean =>
  dims.length === shape.length &&
  shape.every((d, i) => typeof d === "string" || sameShape([d], [dims[i]!]));
