/** The files that the page loaded before its service worker was installed, which moves them to its own cache. */
export const loadedCacheName = "fullgrad loaded";

/** undefined where the browser keeps none (a private window, plain http), or where the service worker has the files. */
export async function loadedCache(): Promise<Cache | undefined> {
  try {
    const names = await caches.keys();
    const isInstalled = names.some(
      (name) => name.startsWith("fullgrad ") && name !== loadedCacheName,
    );
    return isInstalled ? undefined : await caches.open(loadedCacheName);
  } catch {
    return undefined;
  }
}
