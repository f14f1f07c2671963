// The worker's side of protocol.ts: one request at a time, in order.
import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { loadOnce } from "./load-once.js";
import type { Kind, Provider, Questions, Reply, Request } from "./protocol.js";
import { Workbench, type Run } from "./workbench.js";

/** The part of DedicatedWorkerGlobalScope used here; the DOM types lack it. */
interface Port {
  postMessage(reply: Reply): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
}

type Answers = {
  readonly [K in Kind]: (
    asked: Questions[K]["asked"],
    run: Run,
  ) => Promise<Questions[K]["answer"]> | Questions[K]["answer"];
};

const mostThreads = 8;

const port = globalThis as unknown as Port;
const running = new Map<number, AbortController>();
let answers: Answers;
let last = Promise.resolve();

port.addEventListener("message", ({ data }) => {
  if (data.kind === "start") answers = answersOf(benchWith(data.wasmPaths));
  else if (data.kind === "cancel") running.get(data.id)?.abort();
  else {
    running.set(data.id, new AbortController());
    last = last.then(() => reply(data));
  }
});

/** @param wasmPaths the URL of the folder with the engine's files */
function benchWith(wasmPaths: string): Workbench {
  const threads = globalThis.crossOriginIsolated
    ? Math.min(navigator.hardwareConcurrency, mostThreads)
    : 1;
  const binaries = new Map<Provider, ArrayBuffer>();
  return new Workbench({
    threads,
    async backendOf(provider, { signal, onProgress }) {
      const build = provider === "webgpu" ? ".asyncify" : "";
      const url = `${wasmPaths}ort-wasm-simd-threaded${build}.wasm`;
      const binary = binaries.get(provider) ?? (await loadOnce(url, onProgress, signal)).buffer;
      binaries.set(provider, binary);
      return ortBackend({
        provider,
        threads,
        wasmPaths,
        wasmBinary: () => Promise.resolve(binary),
      });
    },
  });
}

function answersOf(bench: Workbench): Answers {
  return {
    "open-model": (asked, run) => bench.openModel(asked, run),
    "open-picture": (asked, run) => bench.openPicture(asked, run),
    explain: (asked, run) => bench.explain(asked, run),
    "map-parts": (asked, run) => bench.mapParts(asked, run),
    convert: (asked) => bench.convert(asked),
  };
}

async function reply({ id, kind, asked }: Extract<Request, { asked: unknown }>): Promise<void> {
  const { signal } = running.get(id)!;
  const onProgress = (done: number, total: number): void => {
    port.postMessage({ id, kind: "progress", done, total });
  };
  try {
    signal.throwIfAborted();
    const question = answers[kind] as (asked: unknown, run: Run) => unknown;
    const answer = (await question(asked, { signal, onProgress })) as Questions[Kind]["answer"];
    port.postMessage({ id, kind: "answer", answer });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    port.postMessage({ id, kind: "error", name, message });
  } finally {
    running.delete(id);
  }
}
