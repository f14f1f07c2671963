const events = ["uncaughtException", "unhandledRejection"] as const;

/**
 * Runs `start` and removes the listeners that it added to Node's process. Those of tfjs' wasm module rethrow errors
 * from the module's single source line, and Node then prints all thirty thousand characters of it.
 */
export async function withoutListeners<T>(start: () => T | Promise<T>): Promise<T> {
  const process = (globalThis as { process?: NodeJS.Process }).process;
  // Browsers have no process listeners, even if a bundler polyfills `process`.
  if (typeof process?.listeners !== "function") return start();
  const before = events.map((event) => process.listeners(event as "uncaughtException"));
  try {
    return await start();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as "uncaughtException")) {
        if (!before[i]!.includes(listener)) process.removeListener(event, listener);
      }
    });
  }
}
