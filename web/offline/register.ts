/**
 * Keeps the page for times without a network. `ready` is called when that is done; where the browser does not let us,
 * or in development, nothing happens.
 */
export async function keepOffline(ready: () => void): Promise<void> {
  if (!IS_BUILT || !("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(new URL("service-worker.js", document.baseURI));
    await navigator.serviceWorker.ready;
    ready();
  } catch {
    // A private window, or a folder on http: the page works all the same, while there is a network.
  }
}
