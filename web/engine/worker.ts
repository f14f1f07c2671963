// The worker's side of protocol.ts: one request at a time, in order.
import { listMethods } from "./list-methods.js";
import type { Kind, Questions, Reply, Request } from "./protocol.js";
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

const port = globalThis as unknown as Port;
const running = new Map<number, AbortController>();
let answers: Answers;
let last = Promise.resolve();

port.addEventListener("message", ({ data }) => {
  if (data.kind === "start") answers = answersOf(new Workbench(data.wasmPaths));
  else if (data.kind === "cancel") running.get(data.id)?.abort();
  else {
    running.set(data.id, new AbortController());
    last = last.then(() => reply(data));
  }
});

function answersOf(bench: Workbench): Answers {
  return {
    "list-methods": listMethods,
    "open-model": (asked, run) => bench.openModel(asked, run),
    "open-picture": (asked) => bench.openPicture(asked),
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
