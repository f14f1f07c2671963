// Apart from what loads them: a user's compiler that reads this need not read the types of tfjs, which want a browser's.

/** What can run tfjs; the first is the default. */
export const providers = ["wasm", "cpu", "node", "node-gpu", "webgl", "webgpu"] as const;
export type Provider = (typeof providers)[number];

export interface ProviderOptions {
  /**
   * Where a browser finds the .wasm files of @tensorflow/tfjs-backend-wasm: the URL of a folder, with a slash at its end.
   * Beside the script unless given. In Node they are in the package.
   */
  readonly wasmPaths?: string | undefined;
  /** Threads of the wasm provider, in a cross-origin isolated page; one a core unless given. */
  readonly threads?: number | undefined;
}
