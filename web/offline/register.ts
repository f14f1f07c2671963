/**
 * Installs the service worker for offline use and then calls `ready`. Does nothing in development, or if the browser
 * refuses.
 */
export async function keepOffline(ready: () => void): Promise<void> {
  if (!IS_BUILT || !("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(new URL("service-worker.js", document.baseURI));
    await navigator.serviceWorker.ready;
    ready();
  } catch {
    // In a private window or on plain http the page still works online.
  }
}
