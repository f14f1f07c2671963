import type { Backend } from "../backends/backend.js";
import { boundedBackend } from "../backends/bounded-backend.js";
import { ortBackend } from "../backends/ort/ort-backend.js";
import { providers as tfjsProviders } from "../backends/tfjs/provider-names.js";
import { tfjsBackend } from "../backends/tfjs/tfjs-backend.js";
import { UsageError } from "../errors.js";
import { straightThroughSigns } from "../passes/straight-through-signs.js";
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
  const backend = backendOf(options);
  const { externalData } = options;
  const read = await readGraph(source, externalData);
  const graph = options.straightThrough === true ? straightThroughSigns(read) : read;
  return new Model(graph, boundedBackend(backend), options, modelFile(source, externalData));
}

/** @throws {UsageError} if the engine lacks the provider */
function backendOf({ backend = "ort", provider, threads, wasmPaths }: LoadOptions): Backend {
  if (typeof backend !== "string") return backend;
  const options = { threads, wasmPaths };
  if (backend === "ort") return ortBackend({ ...options, provider });
  const known = tfjsProviders.find((name) => name === (provider ?? tfjsProviders[0]));
  if (known) return tfjsBackend({ ...options, provider: known });
  throw new UsageError(
    `tfjs has no provider "${provider ?? ""}"; there are ${tfjsProviders.join(", ")}`,
  );
}
