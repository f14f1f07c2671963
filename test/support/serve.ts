import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

/** A server of files. */
export interface Site {
  /** Without a trailing slash. */
  readonly url: string;
  /** How often each path was asked for. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".svg": "image/svg+xml",
};

/** Headers for cross-origin isolation, which wasm threads require. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/**
 * Serves folders on a free port of this machine.
 *
 * @param folders by URL path, "/" or "/fixtures/"; the longest matching path applies
 * @param isolated whether pages are cross-origin isolated
 */
export async function serve(
  folders: Readonly<Record<string, string>>,
  isolated = true,
): Promise<Site> {
  const headers = { ...(isolated ? isolation : {}), "Cache-Control": "no-store" };
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const prefix = prefixes.find((p) => path.startsWith(p));
    // A normalized path that begins with "/" cannot leave the folder.
    const inside = prefix === undefined ? "" : normalize(`/${path.slice(prefix.length)}`);
    const file = join(folders[prefix ?? "/"] ?? "", inside.endsWith("/") ? "index.html" : inside);
    try {
      const bytes = await readFile(file);
      const type = types[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { ...headers, "Content-Type": type }).end(bytes);
    } catch {
      response.writeHead(404, headers).end();
    }
  };
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
    asked.set(path, (asked.get(path) ?? 0) + 1);
    void answer(path, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
