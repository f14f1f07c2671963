import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { BackendError } from "../../errors.js";
import type { Tf } from "./engine.js";

/** Where tfjs computes. */
export type Provider = "wasm" | "cpu" | "webgl" | "webgpu" | "node" | "node-gpu";

/** tfjs and the name under which it knows the back end. */
export interface LoadedProvider {
  readonly tf: Tf;
  readonly backend: string;
}

/** @throws {BackendError} where a package is missing */
export async function loadProvider(provider: Provider, _threads?: number): Promise<LoadedProvider> {
  const module = (await import("@tensorflow/tfjs")) as Tf & { default?: Tf };
  const tf = module.default ?? module;
  if (provider === "cpu") return { tf, backend: "cpu" };
  if (provider === "wasm") {
    const wasm = await import("@tensorflow/tfjs-backend-wasm");
    const require = createRequire(import.meta.url);
    const folder = dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"));
    wasm.setWasmPaths(join(folder, "dist", "/"));
    return { tf, backend: "wasm" };
  }
  throw new BackendError(`tfjs provider "${provider}" is not there yet`);
}
