/// <reference lib="esnext.disposable" preserve="true" />
import type { Inspection } from "../runtime/inspection-report.js";
import type { Backend } from "../backends/backend.js";
import type { NodeGap } from "../decomposition/bisect.js";
import { analyze } from "../runtime/analyze.js";
import { inspectModel } from "../runtime/inspect.js";
import { checkDecided } from "../runtime/image-model/image-model.js";
import type { LayerMaps } from "../runtime/layer-maps.js";
import type { SampleResult } from "../runtime/samples.js";
import type { DirectionOptions } from "../runtime/gradient-check/directional-derivatives.js";
import type { NodeJacobian } from "../runtime/gradient-check/node-jacobians.js";
import type { FullGradientResult, VerifiedSample } from "../runtime/session.js";
import { explain } from "../methods/core/explain.js";
import { chosenMethod } from "../methods/all.js";
import type { ConfiguredMethod, DecomposingMethod } from "../methods/core/configured-method.js";
import {
  settingsOf,
  targetOf,
  type CompleteExplanation,
  type ExplainOptions,
  type InspectionOptions,
  type Explanation,
  type LoadOptions,
  type RunOptions,
  type TargetOptions,
  type VerifyOptions,
} from "./model-options.js";
import { explainDetections } from "./explain-detections.js";
import { checkOptions } from "./check-options.js";
import { checkExplainOptions, optionTables } from "./option-tables.js";
import { ModelDetections } from "./model-detections.js";
import { usualQuestion, type Detection, type DetectionQuestion } from "../target/detection.js";
import { ImageInput } from "./image-input.js";
import { preprocessingOf, tensorOf, type ModelInput } from "./picture.js";
import { PictureInput } from "./picture-input.js";
import { notedExplanation } from "./noted-explanation.js";
import { checkTensor, Questions } from "./questions.js";
import { verifyGradient } from "./verify-gradient.js";
import type { Graph } from "../onnx/ir.js";
import type { ModelFile } from "../onnx/file/model-file.js";
import { registry } from "../ops/all.js";
import { parameterLayers, randomizeParameters } from "../passes/randomize-parameters.js";
import { straightThroughSigns } from "../passes/straight-through-signs.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * A loaded model.
 *
 * Each kind of request is compiled on first use and cached. If the compiled graphs hold more than 256 MiB of weights
 * together, the least recently used ones are freed; the last two are always kept.
 *
 * @example
 * ```ts
 * const model = await load("efficientnet.onnx");
 * const cat = await model.picture("cat.png");
 * const { map, score, completeness } = await model.explain(cat);
 * ```
 */
export class Model extends ImageInput {
  /** The model's graph as in its file. */
  readonly imported: Graph;
  private readonly file: ModelFile | undefined;
  private readonly backend: Backend;
  private readonly options: LoadOptions;
  private readonly found: ModelDetections;
  private readonly questions: Questions;

  /** Use `load`. */
  constructor(graph: Graph, backend: Backend, options: LoadOptions, file?: ModelFile) {
    const imported = options.straightThrough === true ? straightThroughSigns(graph) : graph;
    const analysis = analyze(imported, options.operators ?? registry, options);
    super(analysis, new PictureInput(analysis, options, file?.path));
    this.imported = imported;
    this.file = file;
    this.backend = backend;
    this.options = options;
    this.found = new ModelDetections({
      ...{ imported, file, backend, options, analysis },
      make: (one, asked, own) => new Model(one, backend, asked, own),
    });
    this.questions = new Questions(analysis, backend);
  }

  /**
   * Inputs, outputs, operators, every bias-bearing node, and every obstacle to an explanation. Does not run the model.
   * Shapes of a model with open height and width are computed for {@link LoadOptions.size}, or 224x224.
   *
   * @param options with `gradient: false`, the first explanation finds operators without a gradient; `feeds` are values
   * of the other inputs, which may control the model (a sample rate)
   * @throws {TargetError} @throws {InputError} if the model lacks the output or input that the options name
   */
  inspect(options: InspectionOptions = {}): Inspection {
    checkOptions("inspect", options, optionTables.inspect);
    const { gradient = true, feeds } = options;
    return inspectModel(this.analysis, {
      ...{ gradient, isOneSample: !gradient && this.questions.isOneByOne },
      ...(feeds ? { feeds: new Map(Object.entries(feeds)) } : {}),
    });
  }

  /**
   * The output of a batch, [N,…]: the model's first output, or the value that {@link LoadOptions.output} names.
   *
   * @throws {InputError} if the input or the feeds do not fit
   */
  async predict(input: ModelInput, options: RunOptions = {}): Promise<Tensor> {
    checkOptions("predict", options, optionTables.predict);
    return this.questions.askForward(tensorOf(input), options, (session, image, feeds) =>
      session.predict(image, feeds),
    );
  }

  /**
   * The objects that a detector finds in each picture, the best first; each can be a target of `explain`.
   *
   * @throws {TargetError} if the outputs are not boxes with scores, or a selection of the model cannot be followed
   */
  async detections(
    input: ModelInput,
    options: Partial<DetectionQuestion> & RunOptions = {},
  ): Promise<readonly Detection[]> {
    checkOptions("detections", options, optionTables.detections);
    const { feeds, ...question } = options;
    const x = tensorOf(input);
    checkTensor(x);
    return this.found.find(x, { ...usualQuestion, ...question }, feeds);
  }

  /**
   * A saliency map [N,1,H,W] of each sample, not normalised, with its score and completeness; with the target
   * "detections:0.5", of each detection of a detector.
   *
   * @param input a picture, or a tensor in the model's shape: [N,C,H,W], [N,H,W,C], [C,H,W] …; any float type, also for
   * an integer input
   * @throws {InputError} if the spatial axes are unknown; {@link LoadOptions.layout} names them
   * @throws {TargetError} if the target does not exist; lists the existing ones
   * @throws {UnsupportedModelError} if the output cannot be explained; lists the values that can
   * @throws {MemoryLimitError} if the graph's tensors exceed {@link LoadOptions.maxMemory}
   */
  explain(
    input: ModelInput,
    options?: ExplainOptions & {
      readonly method?: "fullgrad" | DecomposingMethod | ConfiguredMethod<DecomposingMethod>;
    },
  ): Promise<CompleteExplanation>;
  explain(input: ModelInput, options: ExplainOptions): Promise<Explanation>;
  async explain(input: ModelInput, options: ExplainOptions = {}): Promise<Explanation> {
    checkExplainOptions(options);
    const { batch, signal, onProgress } = options;
    const x = tensorOf(input);
    const { method, settings } = chosenMethod(options.method);
    checkDecided(this.analysis.image);
    const preprocessing = options.preprocessing ?? preprocessingOf(input);
    const detected = await explainDetections(this.found, x, { ...options, preprocessing });
    if (detected) return detected;
    const pixels = preprocessing && this.pictures.range(preprocessing);
    const explanation = await this.questions.ask(
      x,
      options,
      (session, image, feeds) =>
        explain(session, image, method, targetOf(options), {
          settings: { ...settings, ...settingsOf(options, (given) => this.toImage(given)) },
          feeds,
          ...(pixels ? { pixels } : {}),
          ...{ batch, signal, onProgress },
        }),
      method,
    );
    return notedExplanation(explanation, method, x, options, this);
  }

  /**
   * The full-gradient decomposition (Srinivas & Fleuret, NeurIPS 2019): every term, signed, with its node.
   * `inputGradient` and `inputTerm` have the input's shape.
   *
   * @throws {TargetError} @throws {UnsupportedModelError} as `explain`
   */
  async fullGradient(input: ModelInput, options: TargetOptions = {}): Promise<FullGradientResult> {
    checkOptions("fullGradient", options, optionTables.fullGradient);
    const x = tensorOf(input);
    const result = await this.questions.ask(x, options, (session, image, feeds) =>
      session.fullGradient(image, targetOf(options), feeds),
    );
    const { inputGradient, inputTerm } = result;
    const { form } = this.analysis.image;
    return {
      ...result,
      inputGradient: form.likeInput(inputGradient, x),
      inputTerm: form.likeInput(inputTerm, x),
    };
  }

  /**
   * Signed maps of each layer's contribution to the score, at the layer's size; their sums are the terms, and a `Region`
   * of the image has a share of each.
   *
   * @throws {InputError} if the spatial axes are unknown
   */
  async layerMaps(input: ModelInput, options: TargetOptions = {}): Promise<LayerMaps> {
    checkOptions("layerMaps", options, optionTables.layerMaps);
    checkDecided(this.analysis.image);
    return this.questions.ask(tensorOf(input), options, (session, image, feeds) =>
      session.layerMaps(image, targetOf(options), feeds),
    );
  }

  /**
   * The sums of all terms of each sample, and the remainder; with `gradient`, also directional derivatives beside central
   * differences of the model's file, because biases y − J·x add up for any J, right or wrong.
   *
   * @throws {UsageError} with `gradient`, if the model rounds: its central differences follow the steps
   */
  verify(
    input: ModelInput,
    options: VerifyOptions & { readonly gradient: true | DirectionOptions },
  ): Promise<readonly VerifiedSample[]>;
  verify(input: ModelInput, options?: VerifyOptions): Promise<readonly SampleResult[]>;
  async verify(input: ModelInput, options: VerifyOptions = {}): Promise<readonly SampleResult[]> {
    checkOptions("verify", options, optionTables.verify);
    const x = tensorOf(input);
    if (!options.gradient) {
      return this.questions.ask(x, options, (session, image, feeds) =>
        session.verify(image, targetOf(options), feeds),
      );
    }
    const { imported, file, backend, analysis, questions } = this;
    return verifyGradient({ imported, file, backend, analysis, questions }, x, options);
  }

  /** The conservation residual of each node for the first sample, largest first. */
  async bisect(input: ModelInput, options: TargetOptions = {}): Promise<readonly NodeGap[]> {
    checkOptions("bisect", options, optionTables.bisect);
    return this.questions.ask(tensorOf(input), options, (session, image, feeds) =>
      session.bisect(image, targetOf(options), feeds),
    );
  }

  /** Compares each node's gradient with central differences of that node alone, for the first sample. */
  async checkNodes(
    input: ModelInput,
    options: TargetOptions & DirectionOptions = {},
  ): Promise<readonly NodeJacobian[]> {
    checkOptions("checkNodes", options, optionTables.checkNodes);
    const target = targetOf(options);
    return this.questions.ask(tensorOf(input), options, (session, image, feeds) =>
      session.checkNodes(image, target, options, feeds),
    );
  }

  /** The nodes with weights that the output depends on, nearest to it first. */
  layers(): readonly string[] {
    return parameterLayers(this.analysis.part.graph, this.analysis.registry).map(
      ({ node }) => node,
    );
  }

  /**
   * The same network with the weights of its last `count` layers shuffled (Adebayo et al., Sanity Checks for Saliency
   * Maps, 2018).
   *
   * @param seed of the shuffle
   */
  randomized(count: number, seed: number): Model {
    const { part, registry: operators } = this.analysis;
    const layers = parameterLayers(part.graph, operators).slice(0, count);
    return new Model(randomizeParameters(this.imported, layers, seed), this.backend, this.options);
  }

  /** Frees all compiled graphs, once the running calls are done; later requests compile them again. */
  async release(): Promise<void> {
    await Promise.all([this.questions.release(), this.found.release()]);
  }

  /**
   * Frees the engine's memory, once the running calls are done. Later calls that need the engine throw a
   * {@link DisposedError}.
   */
  async dispose(): Promise<void> {
    await Promise.all([this.questions.dispose(), this.found.dispose()]);
  }

  /** {@link Model.dispose}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
