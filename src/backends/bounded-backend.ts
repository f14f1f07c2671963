import { BackendError } from "../errors.js";
import type { Graph } from "../onnx/ir.js";
import type { Tensors } from "../tensor/tensor.js";
import type { Backend, Executable } from "./backend.js";

/**
 * Limit in bytes on the weights in all compiled graphs of one model: 256 MiB. An engine takes two to four times as much
 * memory, because it keeps packed and, for gradients, transposed copies.
 */
export const weightsKept = 2 ** 28;

/** Number of graphs kept regardless of size: sampling methods alternate between scores and gradients. */
const leastKept = 2;

/**
 * An engine that frees the least recently used compiled graphs before another graph would exceed the bound. A freed
 * graph is compiled again on its next run, transparently to its holder. Running graphs are never freed.
 *
 * @param bound in bytes of weights; the last two graphs are kept regardless of size
 */
export function boundedBackend(backend: Backend, bound = weightsKept): Backend {
  const kept = new KeptGraphs(bound);
  return {
    name: backend.name,
    ...(backend.batch === undefined ? {} : { batch: backend.batch }),
    ...(backend.open ? { open: backend.open.bind(backend) } : {}),
    compile: async (graph) => {
      const executable = new Revivable(() => backend.compile(graph), weightsOf(graph), kept);
      await executable.compile();
      return executable;
    },
  };
}

/** Bytes of a graph's constants. */
function weightsOf({ constants }: Graph): number {
  let sum = 0;
  for (const { data } of constants.values()) sum += Array.isArray(data) ? 0 : data.byteLength;
  return sum;
}

/** The compiled graphs of a model, most recently used last. */
class KeptGraphs {
  private readonly bound: number;
  private readonly graphs = new Set<Revivable>();

  constructor(bound: number) {
    this.bound = bound;
  }

  /** Frees graphs before another one is compiled. */
  async add(fresh: Revivable): Promise<void> {
    this.touch(fresh);
    let sum = 0;
    for (const { weights } of this.graphs) sum += weights;
    const freed: Promise<void>[] = [];
    for (const old of this.graphs) {
      if (sum <= this.bound || this.graphs.size <= leastKept) break;
      if (old === fresh || old.isBusy) continue;
      this.graphs.delete(old);
      sum -= old.weights;
      freed.push(old.free());
    }
    await Promise.all(freed);
  }

  touch(graph: Revivable): void {
    this.graphs.delete(graph);
    this.graphs.add(graph);
  }

  delete(graph: Revivable): void {
    this.graphs.delete(graph);
  }
}

/** A graph that is compiled on demand. */
class Revivable implements Executable {
  readonly weights: number;
  private readonly make: () => Promise<Executable>;
  private readonly kept: KeptGraphs;
  private live: Promise<Executable> | undefined;
  private users = 0;
  private isDisposed = false;

  constructor(make: () => Promise<Executable>, weights: number, kept: KeptGraphs) {
    this.make = make;
    this.weights = weights;
    this.kept = kept;
  }

  get isBusy(): boolean {
    return this.users > 0;
  }

  /** @throws {BackendError} if the engine refuses it */
  async compile(): Promise<void> {
    await this.using(() => Promise.resolve());
  }

  run(feeds: Tensors): Promise<Tensors> {
    return this.using((executable) => executable.run(feeds));
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    this.kept.delete(this);
    await this.free();
  }

  /** Frees the engine's memory until the next run. */
  async free(): Promise<void> {
    const { live } = this;
    this.live = undefined;
    // A failed compilation has already been reported to its caller.
    const executable = await live?.catch(() => undefined);
    await executable?.dispose();
  }

  private async using<T>(work: (executable: Executable) => Promise<T>): Promise<T> {
    if (this.isDisposed) throw new BackendError("the model was disposed of during the request");
    this.users++;
    try {
      this.kept.touch(this);
      this.live ??= this.fresh();
      return await work(await this.live);
    } finally {
      this.users--;
    }
  }

  private async fresh(): Promise<Executable> {
    try {
      await this.kept.add(this);
      return await this.make();
    } catch (error) {
      this.live = undefined;
      this.kept.delete(this);
      throw error;
    }
  }
}
