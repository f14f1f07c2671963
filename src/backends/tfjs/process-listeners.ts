const events = ["uncaughtException", "unhandledRejection"] as const;

/**
 * Starts something, and takes away the listeners that it put on Node's process. Those of tfjs' wasm module throw what
 * failed a second time, from the one line of its source, which Node then prints: thirty thousand characters.
 */
export async function withoutListeners<T>(start: () => T | Promise<T>): Promise<T> {
  const process = (globalThis as { process?: NodeJS.Process }).process;
  // In a browser there is none, whatever a bundler puts in its place.
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
