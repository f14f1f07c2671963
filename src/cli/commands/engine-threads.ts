import { availableParallelism } from "node:os";
import { weightsKept } from "../../backends/bounded-backend.js";
import type { EngineFlags } from "../flags/engine.js";

/** Inputs for each thread at least: to start one costs as much as to explain a few. */
const leastEach = 8;

/**
 * Threads of the engine that explain many inputs beside the command's own thread, which reads, draws and writes. Several
 * threads of one core each take less processor time than one session that spreads each operator over the cores (on two
 * cores, EfficientNet-lite0: half), and compute the same bits.
 */
export class EngineThreads {
  /** How many there are; 0 until the model is compiled, and where the command's own thread runs it. */
  count = 0;
  private readonly most: number;

  constructor(inputs: number, { backend, provider, threads = 1 }: EngineFlags) {
    const isApart = backend === "ort" && provider === "cpu" && inputs >= 2 * leastEach;
    const cores = Math.floor(availableParallelism() / threads);
    this.most = isApart ? Math.max(1, Math.min(cores, Math.floor(inputs / leastEach))) : 0;
  }

  /** As many as hold their copies of the weights within {@link weightsKept}; undefined for the command's own thread. */
  get workers(): ((weights: number) => number) | undefined {
    if (this.most === 0) return undefined;
    return (weights) => {
      this.count = Math.max(1, Math.min(this.most, Math.floor(weightsKept / Math.max(1, weights))));
      return this.count;
    };
  }
}
