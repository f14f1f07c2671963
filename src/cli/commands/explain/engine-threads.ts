import { availableParallelism } from "node:os";
import { weightsKept } from "../../../backends/bounded-backend.js";
import type { LoadOptions } from "../../../model/model-options.js";
import type { EngineFlags } from "../../flags/engine.js";

/** Inputs for each thread at least: to start one costs as much as to explain a few. */
const leastEach = 8;

/** The command's own thread keeps up with some seven; each takes a few hundred MiB for the tensors of a run. */
const mostThreads = 8;

/**
 * Threads of the engine that explain many inputs beside the command's own thread, which reads, draws and writes. Several
 * threads of one core each take less processor time than one session that spreads each operator over the cores (on two
 * cores, EfficientNet-lite0: half), and compute the same bits.
 */
export class EngineThreads {
  /** Number of threads; 0 until the model is compiled, and if it runs in the command's own thread. */
  count = 0;
  private readonly flags: EngineFlags;

  constructor(flags: EngineFlags) {
    this.flags = flags;
  }

  /** As many as hold their copies of the weights within {@link weightsKept}; undefined for the command's own thread. */
  workersFor(inputs: number): LoadOptions["workers"] {
    const { backend, provider, threads = 1 } = this.flags;
    if (backend !== "ort" || provider !== "cpu" || inputs < 2 * leastEach) return undefined;
    const cores = Math.floor(availableParallelism() / threads);
    const most = Math.min(cores, mostThreads, Math.floor(inputs / leastEach));
    return (weights) => {
      this.count = Math.max(1, Math.min(most, Math.floor(weightsKept / Math.max(1, weights))));
      return this.count;
    };
  }
}
