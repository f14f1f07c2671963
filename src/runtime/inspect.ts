import {
  biasReports,
  countOperators,
  layerReports,
  portReport,
  type HoleReport,
  type Inspection,
} from "./inspection-report.js";
import {
  FullgradError,
  InputError,
  TargetError,
  UnsupportedModelError,
  type Hole,
} from "../errors.js";
import type { Graph, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { inferKnown } from "../passes/infer-known.js";
import { lift, prepare } from "../passes/prepare.js";
import { takenBranch } from "../passes/resolve-branches.js";
import { emitFullGradient } from "../decomposition/full-gradient.js";
import { onePerSample } from "./compiler.js";
import { imageModel, type ImageModel, type ImageOptions } from "./image-model/image-model.js";
import { alternatives, checkExplainable } from "./subgraph.js";
import { inFile } from "./holes.js";
import { isOpen, openSizes, usualSize, type ImageSize } from "./sizes.js";
import { classCount } from "../target/target.js";

export interface InspectOptions extends ImageOptions {
  readonly size?: ImageSize | undefined;
}

/**
 * What is in a model, what adds to its output, and everything that stands in the way. Runs nothing.
 *
 * @throws {TargetError} @throws {InputError} where the options name an output or input that the model does not have
 */
export function inspectModel(
  model: Graph,
  registry: Registry,
  options: InspectOptions,
): Inspection {
  const file = {
    inputs: model.inputs.map(portReport),
    outputs: model.outputs.map(portReport),
    operators: countOperators(model),
  };
  const nothing = { ...file, biases: [], layers: [], unsupported: [], explainable: false };
  try {
    const image = imageModel(model, registry, options);
    return { ...file, ...inspectPart(image, registry, options.size) };
  } catch (error) {
    if (!(error instanceof FullgradError)) throw error;
    const { input, output, layout } = options;
    const isAsked = input !== undefined || output !== undefined || layout !== undefined;
    if (isAsked && (error instanceof TargetError || error instanceof InputError)) throw error;
    return { ...nothing, problem: error.message };
  }
}

type PartReport = Omit<Inspection, "inputs" | "operators">;

function inspectPart(
  { graph: model, part, form, undecided }: ImageModel,
  registry: Registry,
  size: ImageSize | undefined,
): PartReport {
  const sizes = openSizes(model, part.input, size ? { size } : {});
  const known = inferKnown(lift(model), registry, sizes);
  const port = model.inputs.find((i) => i.name === part.input)!;
  const fact = known.facts.get(part.output);
  const common = {
    outputs: known.outputs.map(portReport),
    // Floats are fed as float32, in whatever size.
    input: {
      ...portReport(form.port),
      ...(form.isInteger ? {} : { dtype: known.facts.get(port.name)!.dtype }),
    },
    ...(undecided === undefined ? { image: form.axes } : { undecided }),
    others: part.graph.inputs.filter((i) => i.name !== part.input).map(portReport),
    ...(fact ? { output: portReport({ name: part.output, fact }) } : {}),
    ...(size === undefined && isOpen(port) ? { assumedSize: usualSize } : {}),
  };
  const holes = holesOf(model, known, registry);
  const needed = new Set(part.graph.nodes.map((n) => n.name));
  const unsupported = inFile(holes, model).map((h): HoleReport => ({
    ...h,
    needed: needed.has(h.node),
  }));
  try {
    const { input, output } = part;
    const graph = onePerSample(prepare(part.graph, registry, sizes), registry, part);
    checkExplainable(graph, registry, input, output);
    const batch = graph.facts.get(input)!.shape[0] ?? 1;
    const classes = classCount(graph.facts.get(output)!.shape, batch);
    const target = classes === undefined ? "seed" : "top";
    const { plan } = emitFullGradient(graph, registry, { input, output, target });
    const parts = { biases: biasReports(plan), layers: layerReports(plan) };
    const explained = portReport({ name: output, fact: graph.facts.get(output)! });
    return { ...common, output: explained, ...parts, unsupported, explainable: true };
  } catch (error) {
    if (!(error instanceof FullgradError)) throw error;
    const instead = alternatives(part, registry, sizes);
    const failed = { ...common, biases: [], layers: [], explainable: false, instead };
    if (!(error instanceof UnsupportedModelError)) {
      return { ...failed, unsupported, problem: error.message };
    }
    const all = new Map(unsupported.map((h) => [h.node, h]));
    for (const hole of inFile(error.holes, model)) all.set(hole.node, { ...hole, needed: true });
    return { ...failed, unsupported: [...all.values()] };
  }
}

/** Every node of a model of which nothing is known, needed or not. */
function holesOf(model: Graph, known: TypedGraph, registry: Registry): readonly Hole[] {
  const { nodes } = lift(model);
  const isBranch = (op: string, domain: string): boolean => op === "If" && domain === "";
  const unknown = registry.holes(
    nodes.filter((n) => !isBranch(n.op, n.domain)),
    known.opsets,
  );
  const open = nodes
    .filter((n) => isBranch(n.op, n.domain) && !takenBranch(n, known.facts.get(n.inputs[0] ?? "")))
    .map(({ name, op }) => ({
      node: name,
      op,
      opset: known.opsets.get("") ?? 0,
      reason: "its condition is not known before the model runs",
    }));
  return [...unknown, ...open];
}
