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
 * Loads an ONNX model, or one that `convert --to tfjs` wrote.
 *
 * @param source a path (in a browser, a URL) of an .onnx file or a model.json, or an ONNX file's bytes
 * @throws {ModelFormatError} where it is no ONNX model @throws {ExternalDataError} where a file of weights is missing
 * @throws {UsageError} where the engine has no such provider
 */
export async function load(source: string | Uint8Array, options: LoadOptions = {}): Promise<Model> {
  const backend = backendOf(options);
  const { externalData } = options;
  const read = await readGraph(source, externalData);
  const graph = options.straightThrough === true ? straightThroughSigns(read) : read;
  return new Model(graph, boundedBackend(backend), options, modelFile(source, externalData));
}

/** @throws {UsageError} where the engine has no such provider */
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
