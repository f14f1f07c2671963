/**
 * `fullgrad/tfjs`: an ONNX model as a tfjs function with right gradients.
 *
 * @module
 */
import { startEngine } from "./backends/tfjs/engine.js";
import { TfjsFunction } from "./backends/tfjs/differentiable/tfjs-function.js";
import type { TfjsOptions } from "./backends/tfjs/tfjs-backend.js";
import { analyze } from "./runtime/analyze.js";
import type { SubgraphOptions } from "./runtime/subgraph.js";
import type { ExternalDataReader } from "./onnx/file/external-data.js";
import { registry } from "./ops/all.js";
import { readGraph } from "./model/read-graph.js";

export {
  TfjsFunction,
  type PredictOptions,
  type Tap,
} from "./backends/tfjs/differentiable/tfjs-function.js";
export { tfjsBackend, type TfjsOptions } from "./backends/tfjs/tfjs-backend.js";

export interface ToTfjsOptions extends TfjsOptions, SubgraphOptions {
  /** Weights become variables, which tfjs optimizers can train; constants unless asked for. */
  readonly trainable?: boolean;
  /** Reads weights kept in other files, for a model given as bytes. A path finds its own. */
  readonly externalData?: ExternalDataReader;
}

/**
 * An ONNX model as a function that `tf.grad` differentiates.
 *
 * @param source a path (in a browser, a URL), or the file's bytes
 * @throws {BackendError} where tfjs cannot run a node, or its provider is not there
 */
export async function toTfjs(
  source: string | Uint8Array,
  options: ToTfjsOptions = {},
): Promise<TfjsFunction> {
  const analysis = analyze(await readGraph(source, options.externalData), registry, options);
  const graph = analysis.forward({ open: true });
  const { input, output } = analysis.own;
  const engine = await startEngine(options.provider ?? "wasm", options);
  return new TfjsFunction(engine, graph, { input, output, trainable: options.trainable ?? false });
}

/**
 * A folder that `convert --to tfjs` wrote, as such a function.
 *
 * @param source the path or URL of its model.json
 */
export function loadTfjs(source: string, options: ToTfjsOptions = {}): Promise<TfjsFunction> {
  return toTfjs(source, options);
}
