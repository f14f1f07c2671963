// @ts-check
// A thread that creates and runs sessions of ONNX Runtime for session-threads.ts. It is JavaScript because Node starts
// the file as it is, beside the sources as beside the built files.
import { parentPort } from "node:worker_threads";
import onnxruntime from "onnxruntime-node";

const { InferenceSession, Tensor } = onnxruntime;

/** @typedef {import("onnxruntime-node").InferenceSession} Session */
/** @typedef {import("./session-threads.js").ThreadQuestion} ThreadQuestion */
/** @typedef {import("./session-threads.js").PlainTensors} PlainTensors */

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);

/** @type {Map<number, Session>} */
const sessions = new Map();

/** Questions are answered in order, so that a session is not released before it has answered. */
let last = Promise.resolve();
port.on("message", (/** @type {ThreadQuestion} */ question) => {
  last = last.then(() => reply(question));
});

/** @param {ThreadQuestion} question */
async function reply({ id, session, ask }) {
  try {
    const results = await answer(session, ask);
    const buffers = results.map(([, { data }]) => (Array.isArray(data) ? [] : [data.buffer]));
    port.postMessage({ id, results }, /** @type {ArrayBuffer[]} */ (buffers.flat()));
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

/** @type {(session: number, ask: ThreadQuestion["ask"]) => Promise<PlainTensors>} */
async function answer(number, ask) {
  if (ask.kind === "create") {
    const { file, settings } = ask;
    const session = await (typeof file === "string"
      ? InferenceSession.create(file, settings)
      : InferenceSession.create(file, settings));
    sessions.set(number, session);
    return [];
  }
  const session = /** @type {Session} */ (sessions.get(number));
  if (ask.kind === "release") {
    sessions.delete(number);
    await session.release();
    return [];
  }
  const feeds = ask.feeds.map(([name, t]) => [name, new Tensor(t.type, t.data, t.dims)]);
  const results = await session.run(Object.fromEntries(feeds));
  return Object.entries(results).map(([name, { type, data, dims }]) => [
    name,
    { type, data, dims },
  ]);
}
