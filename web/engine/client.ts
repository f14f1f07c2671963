import type { Kind, Questions, Reply, Request } from "./protocol.js";

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

interface Pending {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** The page's interface to the worker. */
export class Client {
  private readonly wasmPaths: string;
  private readonly pending = new Map<number, Pending>();
  private worker: Worker | undefined;
  private count = 0;
  /** The number of worker restarts; a new worker has no open model or picture. */
  generation = 0;

  /** @param wasmPaths the URL of the folder with the engine's files */
  constructor(wasmPaths: string) {
    this.wasmPaths = wasmPaths;
  }

  /**
   * Sends a request and returns the worker's reply.
   *
   * @throws {Error} the worker's error, with its name and message; the signal's reason if it is aborted
   */
  ask<K extends Kind>(
    kind: K,
    asked: Questions[K]["asked"],
    { signal, onProgress }: AskOptions = {},
  ): Promise<Questions[K]["answer"]> {
    signal?.throwIfAborted();
    const worker = (this.worker ??= this.start());
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        if (!this.pending.delete(id)) return;
        post(worker, { id, kind: "cancel" });
        reject(signal!.reason as Error);
      };
      signal?.addEventListener("abort", cancel, { once: true });
      const settled = (): void => signal?.removeEventListener("abort", cancel);
      this.pending.set(id, {
        onProgress,
        resolve: (answer) => {
          settled();
          resolve(answer as Questions[K]["answer"]);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      post(worker, { id, kind, asked });
    });
  }

  private start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      const waiting = this.pending.get(data.id);
      if (data.kind === "progress") {
        waiting?.onProgress?.(data.done, data.total);
        return;
      }
      this.pending.delete(data.id);
      if (data.kind === "answer") waiting?.resolve(data.answer);
      else waiting?.reject(Object.assign(new Error(data.message), { name: data.name }));
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.fail(new Error(event.message || "the worker could not be started"));
    });
    post(worker, { kind: "start", wasmPaths: this.wasmPaths });
    this.generation++;
    return worker;
  }

  /** Discards a failed worker; the next request starts another. */
  private fail(error: Error): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.generation++;
    const all = [...this.pending.values()];
    this.pending.clear();
    for (const waiting of all) waiting.reject(error);
  }
}

function post(worker: Worker, request: Request): void {
  worker.postMessage(request);
}
