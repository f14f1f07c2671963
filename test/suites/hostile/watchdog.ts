import { Worker } from "node:worker_threads";

/** Ends this process if a case takes too long: an endless loop cannot be interrupted from within. */
export interface Watchdog {
  /** Sets the name of the running case. */
  begin(name: string): void;
  end(): Promise<void>;
}

const longestName = 1000;

// A plain JavaScript thread, independent of this library and of a compiler.
const code = `
const { workerData } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const counter = new Int32Array(workerData.shared, 0, 2);
const text = new Uint8Array(workerData.shared, 8);
let [seen, since] = [-1, Date.now()];
setInterval(() => {
  const now = Atomics.load(counter, 0);
  if (now !== seen) [seen, since] = [now, Date.now()];
  else if (Date.now() - since > 1000 * workerData.seconds) {
    const name = Buffer.from(text.slice(0, Atomics.load(counter, 1))).toString();
    writeSync(2, "\\n" + name + " takes longer than " + workerData.seconds + " s: hung\\n");
    process.kill(process.pid, "SIGKILL");
  }
}, 250);
`;

export function watch(seconds: number): Watchdog {
  const shared = new SharedArrayBuffer(8 + longestName);
  const counter = new Int32Array(shared, 0, 2);
  const text = new Uint8Array(shared, 8);
  const worker = new Worker(code, { eval: true, workerData: { shared, seconds } });
  worker.unref();
  return {
    begin: (name) => {
      const bytes = new TextEncoder().encode(name).subarray(0, longestName);
      text.set(bytes);
      Atomics.store(counter, 1, bytes.length);
      Atomics.add(counter, 0, 1);
    },
    end: async () => {
      await worker.terminate();
    },
  };
}
