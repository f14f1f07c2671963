import type { Tensors } from "../../src/tensor/tensor.js";
import {
  analyze,
  type Analysis,
  type AnalysisOptions,
  type Sizes,
} from "../../src/runtime/analyze.js";
import { ExplainedGraph } from "../../src/runtime/explained-graph.js";
import {
  contrastFeeds,
  formOf,
  isAll,
  resolveContrast,
  type TargetForm,
} from "../../src/target/contrast.js";
import type { FullGradient, RuleContext } from "../../src/decomposition/full-gradient.js";
import { withOwnInput } from "./own-input.js";
import { readSettings } from "../../src/methods/core/settings.js";
import { isOpen, withBatch, type ImageSize } from "../../src/runtime/sizes.js";
import type { TargetPort } from "../../src/target/resolve.js";
import { parseTarget } from "../../src/target/parse.js";
import type { Target, TargetKind } from "../../src/target/target.js";
import { InputError, UsageError } from "../../src/errors.js";
import { fitTo, type Preprocessing } from "../../src/image/preprocess.js";
import type { Graph, Port, TypedGraph } from "../../src/onnx/ir.js";
import { registry } from "../../src/ops/all.js";
import { prepare } from "../../src/passes/prepare.js";
import { selectOutputs } from "../../src/passes/select-output.js";
import { finishGraph } from "../../src/passes/finishing/finish-graph.js";
import { bakeTarget } from "./bake-target.js";
import { emitOverlay } from "./emit-overlay.js";
import { emitExtra, type NamedOutput } from "./extra-outputs.js";
import { emitClassMaps, emitMap, findGraphMethod, type AnyGraphMethod } from "./graph-methods.js";
import { emitPreprocessing, pictureSize } from "./fold-preprocessing.js";
import { keepHalf } from "./keep-half.js";
import { lowerOpset } from "./lower-opset.js";
import { supplyInput } from "./supply-input.js";

/** The explained values (input, output, layout and size, as for `load`), and the form of the file. */
export interface ConversionOptions extends AnalysisOptions {
  /** A fixed number of samples; by default, the batch stays open if the model leaves it open. */
  readonly batch?: number | undefined;
  /**
   * The target of each sample: "top" (default), the class of its highest score, chosen by the graph; "input", the value
   * of a second input; or any other target of `explain`, fixed in the graph.
   */
  readonly target?: Target | undefined;
  /** A single-pass method; "fullgrad" by default. */
  readonly method?: string | undefined;
  /** The method's settings, such as FullGrad's convention. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** Preprocessing to include: the input becomes pictures [N,H,W,3] uint8; without it the input is the network's. */
  readonly preprocessing?: Preprocessing | undefined;
  /** "overlay" adds a first output, the map drawn over the picture, [N,H,W,3] uint8; needs `preprocessing`. */
  readonly format?: "map" | "overlay" | undefined;
  /** Further outputs: see {@link emitExtra}. */
  readonly extras?: readonly string[] | undefined;
}

/** An output of the converted model. */
export interface OutputReport extends Port {
  readonly about: string;
}

export interface Conversion {
  readonly graph: TypedGraph;
  readonly outputs: readonly OutputReport[];
  /** The explained output or inner value, and the input that it is attributed to. */
  readonly explained: { readonly output: string; readonly input: string };
  /** All settings of the method. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The included preprocessing, adapted to the network's input. */
  readonly preprocessing?: Preprocessing;
  /** Names of the columns of `terms`. */
  readonly terms: readonly string[];
  /** Warnings for the user. */
  readonly notes: readonly string[];
}

/**
 * A self-explaining model: the model, its backward pass and the map as one graph of standard operators.
 *
 * Outputs: `saliency` [N,1,H,W] first, the model's outputs under their own names, `target` [N] int64 (unless it is an
 * input), `completeness` [N,3] with output, sum of all terms and remainder (for methods that decompose the output),
 * then the extras. For the target "all", `saliency` is [N,K,h,w], the maps of all classes at the size of the layer. If
 * the model has an output of the same name, a number is appended.
 *
 * @throws {UnsupportedModelError} @throws {TargetError} as `explain` does
 * @throws {UsageError} @throws {InputError} if the options contradict each other or do not fit the model
 */
export function convertToOnnx(source: Graph, options: ConversionOptions = {}): Conversion {
  const method = findGraphMethod(options.method ?? "fullgrad");
  if (options.format === "overlay" && !options.preprocessing) {
    throw new UsageError(
      "an overlay needs the picture, but the input is the preprocessed tensor: include the preprocessing too " +
        "(option preprocessing)",
    );
  }
  const asked = analyze(source, registry, options);
  const isFree = isOpen(asked.part.graph.inputs.find((i) => i.name === asked.part.input)!);
  const size = options.size ?? (isFree ? sizeIn(options.preprocessing) : undefined);
  const analysis = size === options.size ? asked : analyze(source, registry, { ...options, size });
  const open = analysis.sizes();
  try {
    const { image, part } = analysis;
    const { batch } = options;
    const sizes = batch === undefined ? open : withBatch(image.graph, part.input, batch, open);
    return convertPart(analysis, sizes, method, options);
  } catch (error) {
    throw analysis.withHints(error, open);
  }
}

function convertPart(
  analysis: Analysis,
  sizes: Sizes,
  method: AnyGraphMethod,
  options: ConversionOptions,
): Conversion {
  const { graph: model, part, form: image } = analysis.image;
  const { input, output } = part;
  analysis.explained(sizes).check();
  const { kept, notes } = ownOutputs(analysis, sizes);
  const whole = prepare(selectOutputs(model, kept), registry, sizes);
  const explained = new ExplainedGraph(whole, registry, part);
  if (explained.graph !== whole) {
    notes.push("the model mixes the samples of a batch, so the file takes one sample at a time");
  }
  const settings = readSettings(method.name, method.settings, options.settings ?? {});
  const { form, fixed, isInput } = targetOf(explained.port, options.target ?? "top");
  const rules = method.rules && ((at: RuleContext) => method.rules!(at, settings));
  const full = explained.fullGradient(form, rules);
  const ofAll = isAll(options.target ?? "top");
  if (ofAll && options.format === "overlay") {
    throw new UsageError("an overlay shows one class, but target all has the maps of all classes");
  }
  const map = (ofAll ? emitClassMaps : emitMap)(full, method, settings);
  const about = `${ofAll ? "maps of all classes" : "saliency map"} by ${method.name}, un-normalised`;
  const target = { name: "target", value: full.target.target, about: aboutTarget(form.kind) };
  if (!method.decomposes) {
    notes.push(
      `${method.name} does not decompose the output, so the file has no output "completeness"`,
    );
  }
  const roles = [
    { name: "saliency", value: map, about },
    ...kept.map((name) => ({ name, value: full.b.value(name), about: "the model's own output" })),
    ...(isInput ? [] : [target]),
    ...(method.decomposes ? [emitCompleteness(full)] : []),
    ...[...new Set(options.extras)].map((word) => emitExtra(full, word, method, settings)),
  ];
  let built = full.b.build(roles);
  for (const [role, value] of fixed) {
    const name = full.target.inputs[role as keyof typeof full.target.inputs];
    if (name !== undefined) built = bakeTarget(built, registry, { name, value }, input);
  }
  const abouts = roles.map((role) => role.about);
  const drawn = options.format === "overlay" ? { signed: method.signed } : undefined;
  const folded = options.preprocessing && fold(built, input, options.preprocessing, drawn);
  if (folded && drawn) abouts.unshift("the map over the picture, RGB");
  const compact = keepHalf(folded?.graph ?? withOwnInput(built, image), model);
  const staged = finishGraph(compact, registry);
  const converted = lowerOpset(staged, registry);
  return {
    graph: converted,
    outputs: converted.outputs.map((port, i) => ({ ...port, about: abouts[i]! })),
    explained: { output, input },
    settings,
    ...(folded ? { preprocessing: folded.settings } : {}),
    terms: ["input", ...full.units.map((u) => u.unit.node)],
    notes,
  };
}

/** The output size of the preprocessing, if it is fixed. */
function sizeIn(preprocessing: Preprocessing | undefined): ImageSize | undefined {
  const { crop, resize } = preprocessing ?? {};
  const size = crop ?? (resize && "height" in resize ? resize : undefined);
  return size && [size.height, size.width];
}

/**
 * The model's outputs, including the explained value. Outputs that need unsupported operators are omitted, because they
 * cannot be written.
 */
function ownOutputs(analysis: Analysis, sizes: Sizes): { kept: string[]; notes: string[] } {
  const { graph: model, part } = analysis.image;
  const { output } = part;
  const known = analysis.known(sizes).facts;
  const own = model.outputs.map((o) => o.name);
  const all = own.includes(output) ? own : [...own, output];
  const lost = all.filter((name) => !known.has(name) && name !== output);
  return {
    kept: all.filter((name) => !lost.includes(name)),
    notes: lost.map((name) => `output "${name}" is omitted: it needs unsupported operators`),
  };
}

interface ChosenTarget {
  readonly form: TargetForm;
  readonly isInput: boolean;
  /** The values fixed in the graph, by role. */
  readonly fixed: Tensors;
}

function targetOf(port: TargetPort, target: Target): ChosenTarget {
  const asked = typeof target === "string" ? parseTarget(target) : target;
  if (typeof asked === "object" && "kind" in asked && asked.kind === "input") {
    const kind = port.classes === undefined ? "seed" : "index";
    const form: TargetForm = { kind, versus: false, quantity: "score" };
    return { form, isInput: true, fixed: new Map() };
  }
  const resolved = resolveContrast(port, asked, 1);
  return { form: formOf(resolved), isInput: false, fixed: contrastFeeds(resolved, 1) };
}

const aboutTarget = (kind: TargetKind): string =>
  kind === "seed" ? "-1: the target is not a class" : "the explained class";

/** [N,3]: the score, the sum of all terms, and the remainder. */
function emitCompleteness({ b, sums, target }: FullGradient): NamedOutput {
  const at = b.within("completeness");
  const sum = at.sum(sums, [1], true, "sum");
  const score = at.reshape(target.score, [sum.fact.shape[0]!, 1], "score");
  const value = at.concat([score, sum, at.sub(score, sum, "residual")], 1, "columns");
  return { name: "completeness", value, about: "output, sum of all terms, remainder" };
}

/** The graph with its image input as bytes, and the overlay if requested. */
function fold(
  graph: TypedGraph,
  input: string,
  preprocessing: Preprocessing,
  drawn: { readonly signed: boolean } | undefined,
): { graph: TypedGraph; settings: Preprocessing } {
  const shape = graph.facts.get(input)!.shape;
  const [batch, channels, height, width] = shape;
  const isPicture = shape.length === 4 && (channels === 1 || channels === 3);
  if (!isPicture || typeof height !== "number" || typeof width !== "number") {
    throw new InputError(
      `input "${input}" is [${shape.join(",")}], which does not fit a picture: omit option preprocessing`,
    );
  }
  const settings = fitTo(preprocessing, height, width, channels);
  const size = pictureSize(settings, { height, width });
  const saliency = graph.outputs[0]!.name;
  const folded = supplyInput(graph, input, registry.infer, (b) => {
    const image = b.input("image", { dtype: "uint8", shape: [batch!, ...size, 3] });
    const { x, view } = emitPreprocessing(b.within("preprocess"), image, settings, {
      height,
      width,
    });
    if (!drawn) return { value: x };
    const rgb = emitOverlay(b.within("overlay"), b.value(saliency), view, drawn.signed);
    return { value: x, outputs: [{ name: "overlay", value: rgb }] };
  });
  return { graph: folded, settings };
}
