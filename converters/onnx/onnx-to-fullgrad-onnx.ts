import type { Tensors } from "../../src/tensor/tensor.js";
import { onePerSample, separable } from "../../src/runtime/compiler.js";
import {
  contrastFeeds,
  formOf,
  resolveContrast,
  type TargetForm,
} from "../../src/target/contrast.js";
import { emitFullGradient, type FullGradient } from "../../src/decomposition/full-gradient.js";
import { withLogProbabilities } from "../../src/target/log-probability.js";
import type { ImageForm } from "../../src/runtime/image-model/image-form.js";
import { withOwnInput } from "./own-input.js";
import { imageModel } from "../../src/runtime/image-model/image-model.js";
import { checkExplainable, withHints, type ModelPart } from "../../src/runtime/subgraph.js";
import { readSettings } from "../../src/methods/core/settings.js";
import { isOpen, openSizes, type ImageSize } from "../../src/runtime/sizes.js";
import { targetPort } from "../../src/target/target-expression.js";
import type { Target, TargetKind } from "../../src/target/target.js";
import { InputError, UsageError } from "../../src/errors.js";
import { fitTo, type Preprocessing } from "../../src/image/preprocess.js";
import type { Graph, Port, TypedGraph } from "../../src/onnx/ir.js";
import { registry } from "../../src/ops/all.js";
import { inferKnown } from "../../src/passes/infer-known.js";
import { lift, prepare } from "../../src/passes/prepare.js";
import { selectOutputs } from "../../src/passes/select-output.js";
import { mergeCrops } from "../../src/passes/merge-crops.js";
import { stageReductions } from "../../src/passes/stage-reductions.js";
import type { Shape } from "../../src/tensor/shape.js";
import { bakeTarget } from "./bake-target.js";
import { emitOverlay } from "./emit-overlay.js";
import { emitExtra, type NamedOutput } from "./extra-outputs.js";
import { emitMap, findGraphMethod, type AnyGraphMethod } from "./graph-methods.js";
import { emitPreprocessing, pictureSize } from "./fold-preprocessing.js";
import { keepHalf } from "./keep-half.js";
import { lowerOpset } from "./lower-opset.js";
import { supplyInput } from "./supply-input.js";

export interface ConversionOptions {
  /** The input and the output to explain: as for `load`. */
  readonly input?: string;
  readonly output?: string;
  /** What each axis of the input is: as for `load`. */
  readonly layout?: string;
  /** Height and width where the model leaves them open. */
  readonly size?: ImageSize;
  /**
   * What is explained of each sample: "top" (default), the class of its highest score, chosen inside; "input", what a
   * second input says; any other target that `explain` knows, fixed inside.
   */
  readonly target?: Target;
  /** "fullgrad" unless given; a method of a single pass. */
  readonly method?: string;
  /** The method's own, such as the convention of FullGrad. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Takes pictures [N,H,W,3] of bytes and does this to them; without it the input is the network's own. */
  readonly preprocessing?: Preprocessing;
  /** "overlay" puts the map drawn over the picture, [N,H,W,3] uint8, before it; needs `preprocessing`. */
  readonly format?: "map" | "overlay";
  /** Further outputs: see {@link emitExtra}. */
  readonly extras?: readonly string[];
}

/** An output of the converted model. */
export interface OutputReport extends Port {
  readonly about: string;
}

export interface Conversion {
  readonly graph: TypedGraph;
  readonly outputs: readonly OutputReport[];
  /** The output, or value inside the model, that is explained, and by which input. */
  readonly explained: { readonly output: string; readonly input: string };
  /** All settings of the method. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The preprocessing as it was folded in, fitted to the network's input. */
  readonly preprocessing?: Preprocessing;
  /** Names of the columns of `terms`. */
  readonly terms: readonly string[];
  /** What the reader should know. */
  readonly notes: readonly string[];
}

/**
 * A model that explains itself: the model, its backward pass and the map as one graph of standard operators.
 *
 * Outputs: `saliency` [N,1,H,W] first, the model's own outputs under their own names, `target` [N] int64 (not where it
 * is an input), `completeness` [N,3] with output, sum of all parts and remainder (of methods that take the output
 * apart), then the extras. Where the model has an output of such a name, ours gets a number.
 *
 * @throws {UnsupportedModelError} @throws {TargetError} as `explain` does
 * @throws {UsageError} @throws {InputError} where the options do not fit each other or the model
 */
export function convertToOnnx(source: Graph, options: ConversionOptions = {}): Conversion {
  const method = findGraphMethod(options.method ?? "fullgrad");
  if (options.format === "overlay" && !options.preprocessing) {
    throw new UsageError(
      "an overlay is drawn on the picture, which the network's own input is not: fold the preprocessing in as well " +
        "(--preprocess)",
    );
  }
  const { graph: model, part, form } = imageModel(source, registry, options);
  const isFree = isOpen(part.graph.inputs.find((i) => i.name === part.input)!);
  const size = options.size ?? (isFree ? sizeIn(options.preprocessing) : undefined);
  const sizes = openSizes(model, part.input, size ? { size } : {});
  try {
    return convertPart(model, part, form, sizes, method, options);
  } catch (error) {
    throw withHints(error, model, part, registry, sizes);
  }
}

function convertPart(
  model: Graph,
  part: ModelPart,
  image: ImageForm,
  sizes: ReadonlyMap<string, Shape>,
  method: AnyGraphMethod,
  options: ConversionOptions,
): Conversion {
  const { input, output } = part;
  const needed = onePerSample(prepare(part.graph, registry, sizes), registry, part);
  checkExplainable(needed, registry, input, output);
  const { kept, notes } = ownOutputs(model, part, sizes);
  const whole = prepare(selectOutputs(model, kept), registry, sizes);
  const prepared = onePerSample(whole, registry, part);
  const { graph } = separable(prepared, registry, { input, output });
  if (graph !== whole) {
    notes.push("the model mixes the samples of a batch: converted for one sample at a time");
  }
  const settings = readSettings(method.name, method.settings, options.settings ?? {});
  const { form, fixed, isInput } = targetOf(graph, part, options.target ?? "top");
  const explained =
    form.quantity === "score"
      ? { graph, output }
      : withLogProbabilities(graph, registry, input, output);
  const full = emitFullGradient(explained.graph, registry, {
    input,
    output: explained.output,
    target: form.kind,
    versus: form.versus,
    ...(method.rules ? { rules: (at) => method.rules!(at, settings) } : {}),
  });
  const map = emitMap(full, method, settings);
  const about = `saliency map by ${method.name}, un-normalised`;
  const target = { name: "target", value: full.target.target, about: aboutTarget(form.kind) };
  if (!method.decomposes) {
    notes.push(`${method.name} does not take the output apart: there is no output "completeness"`);
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
  const staged = stageReductions(mergeCrops(compact), registry.infer);
  const converted = lowerOpset(withoutUnusedOpsets(staged));
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

/** The size that preprocessing itself ends with, where it ends with a fixed one. */
function sizeIn(preprocessing: Preprocessing | undefined): ImageSize | undefined {
  const { crop, resize } = preprocessing ?? {};
  const size = crop ?? (resize && "height" in resize ? resize : undefined);
  return size && [size.height, size.width];
}

/**
 * The model's outputs, the explained value among them. One that needs an operator of which nothing is known here is
 * left out: what cannot be read cannot be written.
 */
function ownOutputs(
  model: Graph,
  { output }: ModelPart,
  sizes: ReadonlyMap<string, Shape>,
): { kept: string[]; notes: string[] } {
  const known = inferKnown(lift(model), registry, sizes).facts;
  const own = model.outputs.map((o) => o.name);
  const all = own.includes(output) ? own : [...own, output];
  const lost = all.filter((name) => !known.has(name) && name !== output);
  return {
    kept: all.filter((name) => !lost.includes(name)),
    notes: lost.map((name) => `output "${name}" is left out: it needs operators without a rule`),
  };
}

interface ChosenTarget {
  readonly form: TargetForm;
  readonly isInput: boolean;
  /** What is fixed inside, by its role. */
  readonly fixed: Tensors;
}

function targetOf(graph: TypedGraph, { input, output }: ModelPart, target: Target): ChosenTarget {
  const fact = graph.facts.get(output)!;
  const port = targetPort({ name: output, fact }, graph.facts.get(input)!.shape[0] ?? 1);
  if (target === "input") {
    const kind = port.classes === undefined ? "seed" : "index";
    const form: TargetForm = { kind, versus: false, quantity: "score" };
    return { form, isInput: true, fixed: new Map() };
  }
  const resolved = resolveContrast(port, target, 1);
  return { form: formOf(resolved), isInput: false, fixed: contrastFeeds(resolved, 1) };
}

const aboutTarget = (kind: TargetKind): string =>
  kind === "seed" ? "-1: what is explained is no class" : "the class that is explained";

/** [N,3]: the score, the sum of all parts, and what is left over. */
function emitCompleteness({ b, sums, target }: FullGradient): NamedOutput {
  const at = b.within("completeness");
  const sum = at.sum(sums, [1], true, "sum");
  const score = at.reshape(target.score, [sum.fact.shape[0]!, 1], "score");
  const value = at.concat([score, sum, at.sub(score, sum, "residual")], 1, "columns");
  return { name: "completeness", value, about: "output, sum of all parts, remainder" };
}

/** The graph with its image input taken in as bytes, and the overlay where it is asked for. */
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
      `input "${input}" is [${shape.join(",")}], which no picture fits: leave --preprocess out`,
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

/** Operator sets that the exporter named and nothing uses any more: a reader that does not know one refuses the file. */
function withoutUnusedOpsets(graph: TypedGraph): TypedGraph {
  const used = new Set(["", ...graph.nodes.map((n) => n.domain)]);
  return { ...graph, opsets: new Map([...graph.opsets].filter(([domain]) => used.has(domain))) };
}
