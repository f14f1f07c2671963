import { planBiases } from "../../../src/analysis/bias-plan.js";
import { differentiate } from "../../../src/autodiff/differentiate.js";
import { chooseInput, chooseOutput } from "../../../src/target/ports.js";
import { emitFullGradient } from "../../../src/decomposition/full-gradient.js";
import { FullgradError } from "../../../src/errors.js";
import { fullgrad } from "../../../src/methods/full-gradients/fullgrad.js";
import { GraphBuilder } from "../../../src/onnx/builder.js";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import type { ExternalDataReader } from "../../../src/onnx/file/external-data.js";
import { writeModel } from "../../../src/onnx/export.js";
import { importModel } from "../../../src/onnx/import/import.js";
import type { TypedGraph } from "../../../src/onnx/ir.js";
import type { ModelProto } from "../../../src/onnx/file/schema.js";
import { registry } from "../../../src/ops/all.js";
import { prepare } from "../../../src/passes/prepare.js";

/** The result of a file: explained, or the name of the library's error that refused it. */
export type Outcome = "explained" | `${string}Error`;

/**
 * All processing of a file before it reaches an engine: decode, import, upgrade the operator set, infer, plan the biases,
 * differentiate, emit the map, write the resulting graph.
 *
 * @throws any error that is not a FullgradError: it is a bug
 */
export async function face(
  model: Uint8Array | ModelProto,
  read?: ExternalDataReader,
): Promise<Outcome> {
  try {
    await explain(model instanceof Uint8Array ? decodeModel(model) : model, read);
    return "explained";
  } catch (error) {
    if (error instanceof FullgradError) return error.name as Outcome;
    throw error;
  }
}

/** As {@link face}, but throws the error that refuses the file. */
export async function explain(model: ModelProto, read?: ExternalDataReader): Promise<void> {
  const graph = prepare(await importModel(model, read), registry);
  const [input, output] = [chooseInput(graph, undefined), chooseOutput(graph, undefined)];
  emitRules(graph, input, output);
  const [, classes, ...rest] = graph.facts.get(output)!.shape;
  const target = rest.length === 0 && typeof classes === "number" ? "top" : "seed";
  const full = emitFullGradient(graph, registry, { input, output, target });
  const { map } = fullgrad.emit(full, { convention: "head", implicit: "all" });
  const terms = full.units.map((unit, i) => ({ name: `term${i}`, value: unit.term() }));
  writeModel(full.b.build([{ name: "map", value: map! }, ...terms]));
}

/** The gradients and biases of all nodes, for any output; a map would need an image and a batch axis. */
function emitRules(graph: TypedGraph, input: string, output: string): void {
  const { path, units } = planBiases(graph, registry, input, output);
  if (!path.active.has(output)) return;
  const b = GraphBuilder.on(graph, registry.infer);
  const seed = b.input("seed", graph.facts.get(output)!);
  differentiate(b, graph, registry, new Map([[output, seed]]), path.active);
  for (const { sites } of units) {
    for (const { node, rule } of sites) rule.emit(b.within(node.name));
  }
}
