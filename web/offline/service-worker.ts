import { loadedCacheName } from "./loaded-cache.js";

// Caches the built files, whose names the build inserts, so that the page works offline. Requests to other origins are
// refused.

interface Build {
  readonly version: string;
  readonly files: readonly string[];
}

/** The part of ServiceWorkerGlobalScope used here; the DOM types lack it. */
interface Scope {
  readonly location: Location;
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
}

interface WorkerEvent {
  readonly request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(response: Response | Promise<Response>): void;
}

declare const __BUILD__: Build;

/** The files of WebGPU, which most users never choose. */
const isOptional = (url: string): boolean => url.includes(".asyncify.");

const scope = globalThis as unknown as Scope;
const { version, files } = __BUILD__;
/** The prefix distinguishes these caches from those of other pages on the same origin. */
const prefix = `fullgrad ${scope.registration.scope} `;
const name = prefix + version;

scope.addEventListener("install", (event) => {
  event.waitUntil(install());
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(removeOld().then(() => scope.clients.claim()));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOurs = new URL(request.url).origin === scope.location.origin;
  if (!isOurs && request.url.startsWith("http")) event.respondWith(Response.error());
  else if (isOurs && request.method === "GET") event.respondWith(answer(request));
});

/** Caches all files; those that the page has already loaded are not downloaded again. */
async function install(): Promise<void> {
  const [cache, loaded] = await Promise.all([caches.open(name), caches.open(loadedCacheName)]);
  const take = async (file: string): Promise<void> => {
    const kept = await loaded.match(file);
    await (kept ? cache.put(file, kept) : cache.add(file));
  };
  await Promise.all(files.map(take));
  await caches.delete(loadedCacheName);
}

async function removeOld(): Promise<void> {
  const old = (await caches.keys()).filter((key) => key.startsWith(prefix) && key !== name);
  await Promise.all(old.map((key) => caches.delete(key)));
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(name);
  const kept = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
  if (kept) return kept;
  const response = await fetch(request);
  // Kept from the first use on.
  if (response.ok && isOptional(request.url)) await cache.put(request, response.clone());
  return response;
}
