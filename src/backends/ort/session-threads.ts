import { Worker } from "node:worker_threads";
import type { Tensor as OrtTensor } from "onnxruntime-node";
import type { Tensors } from "../../tensor/tensor.js";
import { fromOrt, type OrtSession, type SessionSettings } from "./session.js";

/** Tensors by name, in the form of messages. */
export type PlainTensors = readonly (readonly [name: string, value: PlainTensor])[];

type PlainTensor = Pick<OrtTensor, "type" | "data" | "dims">;

/** A request to a thread. */
export interface ThreadQuestion {
  readonly id: number;
  readonly session: number;
  readonly ask:
    | {
        readonly kind: "create";
        readonly file: Uint8Array | string;
        readonly settings: SessionSettings;
      }
    | { readonly kind: "run"; readonly feeds: PlainTensors }
    | { readonly kind: "release" };
}

/** A thread's answer. */
export interface ThreadAnswer {
  readonly id: number;
  readonly results?: PlainTensors;
  readonly error?: string;
}

let sessions = 0;

/**
 * Worker threads that run sessions of ONNX Runtime, so that the caller's event loop stays free. Each session is created
 * in every thread, so that as many runs execute at once. The threads end with the last session; idle threads do not
 * keep the process alive.
 */
export class SessionThreads {
  private readonly count: number;
  private threads: readonly SessionThread[] = [];
  private users = 0;

  constructor(count: number) {
    this.count = count;
  }

  async create(file: Uint8Array | string, settings: SessionSettings): Promise<OrtSession> {
    const session = sessions++;
    if (this.users++ === 0) {
      this.threads = Array.from({ length: this.count }, () => new SessionThread());
    }
    const { threads } = this;
    const end = async (): Promise<void> => {
      if (--this.users === 0) await Promise.all(threads.map((thread) => thread.end()));
    };
    try {
      await Promise.all(threads.map((t) => t.ask(session, { kind: "create", file, settings })));
    } catch (error) {
      await end();
      throw error;
    }
    return {
      run: async (feeds) => {
        const idlest = threads.reduce((a, b) => (b.pending < a.pending ? b : a));
        const results = await idlest.ask(session, { kind: "run", feeds: copied(feeds) });
        return new Map(results.map(([name, t]) => [name, fromOrt(t)]));
      },
      release: async () => {
        await Promise.all(threads.map((thread) => thread.ask(session, { kind: "release" })));
        await end();
      },
    };
  }
}

/** Copies of the buffers, which are transferred to the thread. */
function copied(feeds: Tensors): PlainTensors {
  return Array.from(feeds, ([name, { dtype, data, dims }]) => [
    name,
    { type: dtype as OrtTensor.Type, data: data.slice(), dims },
  ]);
}

interface Waiting {
  readonly resolve: (results: PlainTensors) => void;
  readonly reject: (error: Error) => void;
}

class SessionThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private questions = 0;
  private ended: Error | undefined;

  constructor() {
    this.worker = new Worker(new URL("./session-thread.js", import.meta.url));
    this.worker.unref();
    this.worker.on("message", ({ id, results = [], error }: ThreadAnswer) => {
      const { resolve, reject } = this.take(id);
      if (error === undefined) resolve(results);
      else reject(new Error(error));
    });
    this.worker.on("error", (error) => {
      this.fail(error);
    });
    this.worker.on("exit", () => {
      this.fail(new Error("the thread has ended"));
    });
  }

  /** Pending requests. */
  get pending(): number {
    return this.waiting.size;
  }

  /** @throws the engine's error, or the reason why the thread ended */
  ask(session: number, ask: ThreadQuestion["ask"]): Promise<PlainTensors> {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.questions++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.ref();
      const question: ThreadQuestion = { id, session, ask };
      this.worker.postMessage(question, ask.kind === "run" ? buffersOf(ask.feeds) : []);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private take(id: number): Waiting {
    const waiting = this.waiting.get(id)!;
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.worker.unref();
    return waiting;
  }

  private fail(error: Error): void {
    this.ended ??= error;
    for (const id of [...this.waiting.keys()]) this.take(id).reject(this.ended);
  }
}

function buffersOf(feeds: PlainTensors): ArrayBuffer[] {
  return feeds.flatMap(([, { data }]) => (Array.isArray(data) ? [] : [data.buffer as ArrayBuffer]));
}
