import type { Backend } from "../../src/backends/backend.js";

/** The longest delay of a message, in addition to the current pass. */
const longest = 50;

/**
 * Wraps a back end so that the worker receives messages between passes; it stops there if `check` throws. ONNX Runtime's
 * wasm build does not yield to the event loop by itself.
 */
export function interruptible(backend: Backend, check: () => void): Backend {
  let heard = performance.now();
  const listen = async (): Promise<void> => {
    if (performance.now() - heard > longest) {
      await new Promise((resolve) => setTimeout(resolve));
      heard = performance.now();
    }
    check();
  };
  return {
    ...backend,
    async compile(graph) {
      await listen();
      const executable = await backend.compile(graph);
      return {
        async run(feeds) {
          await listen();
          return executable.run(feeds);
        },
        dispose: () => executable.dispose(),
      };
    },
  };
}
