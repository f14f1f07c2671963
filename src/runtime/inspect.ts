import {
  biasReports,
  countOperators,
  layerReports,
  portReport,
  type UnsupportedNodeReport,
  type Inspection,
} from "./inspection-report.js";
import { FullgradError, InputError, TargetError, UnsupportedModelError } from "../errors.js";
import type { Analysis, Sizes } from "./analyze.js";
import type { Tensors } from "../tensor/tensor.js";
import { inFile } from "./unsupported-nodes.js";
import { isOpen, usualSize } from "./sizes.js";

/** Options of an inspection. */
export interface InspectOptions {
  /**
   * Whether the model is differentiated, to find nodes without a gradient; default true. Otherwise the first explanation
   * finds them.
   */
  readonly gradient?: boolean;
  /** Whether an explanation of one sample follows, which reuses the analysis. */
  readonly isOneSample?: boolean;
  /** Values of the other inputs, if they control the model (branches, iterations). */
  readonly feeds?: Tensors;
}

/**
 * Lists a model's inputs, outputs, operators, bias-bearing nodes and all obstacles to an explanation, without running it.
 *
 * @throws {TargetError} @throws {InputError} if the model lacks the output or input that the options name
 */
export function inspectModel(analysis: Analysis, options: InspectOptions = {}): Inspection {
  const { model } = analysis;
  const file = {
    inputs: model.inputs.map(portReport),
    outputs: model.outputs.map(portReport),
    operators: countOperators(model),
  };
  const unknown = { ...file, biases: [], layers: [], unsupported: [], explainable: false };
  try {
    return { ...file, ...inspectPart(analysis, options) };
  } catch (error) {
    if (!(error instanceof FullgradError)) throw error;
    const { input, output, layout } = analysis.options;
    const isAsked = input !== undefined || output !== undefined || layout !== undefined;
    if (isAsked && (error instanceof TargetError || error instanceof InputError)) throw error;
    return { ...unknown, problem: error.message };
  }
}

type PartReport = Omit<Inspection, "inputs" | "operators">;

function inspectPart(analysis: Analysis, options: InspectOptions): PartReport {
  const { graph: model, part, form, undecided } = analysis.image;
  const sizes = analysis.sizes();
  const known = analysis.known(sizes, options.feeds);
  const port = model.inputs.find((i) => i.name === part.input)!;
  const fact = known.facts.get(part.output);
  const drawing = known.nodes.flatMap((node) =>
    analysis.registry.of(node).draws ? [node.name] : [],
  );
  const isState = (name: string): boolean => analysis.states.some((state) => state.name === name);
  const common = {
    outputs: known.outputs.map(portReport),
    // Floats of any precision are fed as float32.
    input: {
      ...portReport(form.port),
      ...(form.isInteger ? {} : { dtype: known.facts.get(port.name)!.dtype }),
    },
    ...(undecided === undefined ? { image: form.axes } : { undecided }),
    others: part.graph.inputs
      .filter((i) => i.name !== part.input)
      .map((i) => ({ ...portReport(i), ...(isState(i.name) ? { zeros: true as const } : {}) })),
    ...(drawing.length > 0 ? { fixedNoise: drawing } : {}),
    ...(fact ? { output: portReport({ name: part.output, fact }) } : {}),
    ...(analysis.options.size === undefined && isOpen(port) ? { assumedSize: usualSize } : {}),
  };
  const unsupported = analysis.holes(known);
  try {
    const explained = explainedPart(analysis, sizes, options);
    return { ...common, ...explained, unsupported, explainable: true };
  } catch (error) {
    if (!(error instanceof FullgradError)) throw error;
    const instead = analysis.alternatives(sizes, options.feeds);
    const failed = { ...common, biases: [], layers: [], explainable: false, instead };
    if (!(error instanceof UnsupportedModelError)) {
      return { ...failed, unsupported, problem: error.message };
    }
    const all = new Map<string, UnsupportedNodeReport>(unsupported.map((h) => [h.node, h]));
    for (const hole of inFile(error.holes, analysis.model)) {
      all.set(hole.node, { ...hole, needed: true });
    }
    return { ...failed, unsupported: [...all.values()] };
  }
}

/** The explained value, and its bias-bearing nodes. */
function explainedPart(
  analysis: Analysis,
  sizes: Sizes,
  { gradient = true, isOneSample = false, feeds }: InspectOptions,
): Pick<PartReport, "output" | "biases" | "layers"> {
  const explained = analysis.explained(sizes, isOneSample, feeds);
  explained.check();
  const { declared, output, declaredPlan: plan, port } = explained;
  if (gradient) {
    const kind = port.classes === undefined ? "seed" : "top";
    explained.fullGradient({ kind, versus: false, quantity: "score" });
  }
  const fact = declared.facts.get(output)!;
  return {
    output: portReport({ name: output, fact }),
    biases: biasReports(plan),
    layers: layerReports(plan),
  };
}
