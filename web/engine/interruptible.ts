import type { Backend } from "../../src/backends/backend.js";

/** How long messages wait at most, beyond the pass that is under way. */
const longest = 50;

/**
 * The same engine, which lets the worker hear its messages between two passes, and stops there when `check` throws.
 * ONNX Runtime's wasm gives no turn to anything else by itself, however many passes follow each other.
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
