// Separate from the loaders, so that declarations which import these names do not require the types of tfjs, which
// need the DOM library.

/** Providers that run tfjs; the first is the default. */
export const providers = ["wasm", "cpu", "node", "node-gpu", "webgl", "webgpu"] as const;
export type Provider = (typeof providers)[number];

export interface ProviderOptions {
  /**
   * URL of the folder with the .wasm files of @tensorflow/tfjs-backend-wasm, ending in a slash. Default: the folder
   * of the script. Not needed in Node, where the files are in the package.
   */
  readonly wasmPaths?: string | undefined;
  /** Threads of the wasm provider in a cross-origin isolated page. Default: one per core. */
  readonly threads?: number | undefined;
}
