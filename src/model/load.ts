import type { Backend } from "../backends/backend.js";
import { boundedBackend } from "../backends/bounded-backend.js";
import { limitMemory, usualMaxMemory } from "../backends/limited-memory.js";
import { ortBackend } from "../backends/ort/ort-backend.js";
import { providers as tfjsProviders } from "../backends/tfjs/provider-names.js";
import { tfjsBackend } from "../backends/tfjs/tfjs-backend.js";
import { UsageError } from "../errors.js";
import { checkOptions } from "./check-options.js";
import { optionTables } from "./option-tables.js";
import { Model } from "./model.js";
import type { LoadOptions } from "./model-options.js";
import { modelFile, readGraph } from "./read-graph.js";

/**
 * Loads an ONNX model, or a folder written by `convert --to tfjs`.
 *
 * @param source a path (in a browser, a URL) of an .onnx file or a model.json, or an ONNX file's bytes
 * @throws {ModelFormatError} if the file is not an ONNX model
 * @throws {ExternalDataError} if a weight file is missing
 * @throws {UsageError} if the engine lacks the provider
 */
export async function load(source: string | Uint8Array, options: LoadOptions = {}): Promise<Model> {
  checkOptions("load", options, optionTables.load);
  const backend = backendOf(options);
  const { externalData, maxMemory = usualMaxMemory() } = options;
  const graph = await readGraph(source, externalData);
  const bounded = boundedBackend(limitMemory(backend, maxMemory));
  return new Model(graph, bounded, { ...options, maxMemory }, modelFile(source, externalData));
}

/** @throws {UsageError} if the engine lacks the provider, or threads of its own */
function backendOf(asked: LoadOptions): Backend {
  const { backend = "ort", provider, threads, wasmPaths, workers } = asked;
  if (workers !== undefined && backend !== "ort") {
    throw new UsageError("workers are supported by ONNX Runtime only; omit backend");
  }
  if (typeof backend !== "string") return backend;
  const options = { threads, wasmPaths };
  if (backend === "ort") return ortBackend({ ...options, provider, workers });
  const known = tfjsProviders.find((name) => name === (provider ?? tfjsProviders[0]));
  if (known) return tfjsBackend({ ...options, provider: known });
  throw new UsageError(
    `tfjs has no provider "${provider ?? ""}"; the providers are ${tfjsProviders.join(", ")}`,
  );
}
