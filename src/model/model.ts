import type { ImageAxes } from "../analysis/image-axes.js";
import type { Inspection } from "../runtime/inspection-report.js";
import type { Backend } from "../backends/backend.js";
import type { NodeGap } from "../decomposition/bisect.js";
import { asContrast } from "../target/contrast.js";
import { analyze, type Analysis } from "../runtime/analyze.js";
import { inspectModel } from "../runtime/inspect.js";
import { checkDecided } from "../runtime/image-model/image-model.js";
import type { LayerMaps } from "../runtime/layer-maps.js";
import type { Method } from "../methods/core/method.js";
import { withNotes } from "../methods/core/notes.js";
import { squashingOf } from "../target/ports.js";
import type { SampleResult } from "../runtime/samples.js";
import type { DirectionOptions } from "../runtime/gradient-check/directional-derivatives.js";
import type { Reference } from "../runtime/gradient-check/gradient-check.js";
import type { NodeJacobian } from "../runtime/gradient-check/node-jacobians.js";
import { openReference } from "../runtime/gradient-check/reference.js";
import { Session, type FullGradientResult, type VerifiedSample } from "../runtime/session.js";
import { SessionPool } from "../runtime/session-pool.js";
import { InputError, UsageError } from "../errors.js";
import type { Preprocessing } from "../image/preprocess.js";
import type { Raster } from "../image/raster.js";
import { explain } from "../methods/core/explain.js";
import { findMethod } from "../methods/all.js";
import {
  settingsOf,
  targetOf,
  type CompleteExplanation,
  type ExplainOptions,
  type Explanation,
  type LoadOptions,
  type RunOptions,
  type TargetOptions,
  type VerifyOptions,
} from "./model-options.js";
import { PictureInput, type PreprocessingChoice } from "./picture-input.js";
import type { Graph, TypedGraph } from "../onnx/ir.js";
import type { ModelFile } from "../onnx/file/model-file.js";
import { registry } from "../ops/all.js";
import { parameterLayers, randomizeParameters } from "../passes/randomize-parameters.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor, Tensors } from "../tensor/tensor.js";

/**
 * A model, ready to be explained.
 *
 * Each kind of question is compiled when it is first asked, and kept for the next time. What was asked longest ago is
 * freed, and compiled again when it is asked again, where the compiled graphs would otherwise hold more than 256 MiB of
 * weights together; the last two are kept whatever they hold.
 *
 * @example
 * ```ts
 * const model = await load("efficientnet.onnx");
 * const x = await model.preprocess("cat.png", "imagenet");
 * const { map, score, completeness } = await model.explain(x);
 * ```
 */
export class Model {
  /** The model as its file has it. */
  readonly imported: Graph;
  private readonly file: ModelFile | undefined;
  private readonly backend: Backend;
  private readonly options: LoadOptions;
  private readonly sessions = new SessionPool();
  /** What is known of it, shared by all that is asked. */
  readonly analysis: Analysis;
  private readonly pictures: PictureInput;

  /** Use `load`. */
  constructor(imported: Graph, backend: Backend, options: LoadOptions, file?: ModelFile) {
    this.imported = imported;
    this.file = file;
    this.backend = backend;
    this.options = options;
    this.analysis = analyze(imported, registry, options);
    this.pictures = new PictureInput(this.analysis, options);
  }

  /**
   * Inputs, outputs, operators, every bias-bearing node, and everything that stands in the way. Runs nothing. Where the
   * model leaves height and width open, shapes are those for {@link LoadOptions.size}, or 224x224.
   *
   * @param options `gradient: false` leaves it to the first explanation to find operators without a gradient
   * @throws {TargetError} @throws {InputError} where the options name an output or input that the model does not have
   */
  inspect({ gradient = true }: { readonly gradient?: boolean } = {}): Inspection {
    return inspectModel(this.analysis, { gradient, isOneSample: !gradient && this.isOneByOne });
  }

  /**
   * What each axis of the input is; undefined where the layers do not say and {@link LoadOptions.layout} neither.
   *
   * @throws {TargetError} @throws {InputError} as {@link Model.inspect}
   */
  get imageAxes(): ImageAxes | undefined {
    const { form, undecided } = this.analysis.image;
    return undecided === undefined ? form.axes : undefined;
  }

  /** The input is of integers, which the model casts to floats itself: it takes the bytes of a picture. */
  get takesBytes(): boolean {
    return this.pictures.takesBytes;
  }

  /**
   * A picture as the model takes it, float32: [1,C,H,W], or with the axes in the model's own order.
   *
   * @param image a path (in a browser, a URL), the bytes of a file that `decodeImage` reads, or pixels
   * @param settings a preset or settings of one's own, fitted to the model's input size; "imagenet" unless given, or
   *   "bytes" where the model takes integers
   * @throws {ImageError} where the picture cannot be read
   * @throws {InputError} where the input is no picture
   */
  async preprocess(
    image: string | Uint8Array | Raster,
    settings: PreprocessingChoice = this.takesBytes ? "bytes" : "imagenet",
  ): Promise<Tensor> {
    return this.fromImage(await this.pictures.preprocess(image, settings));
  }

  /** An input of the model as image [N,C,…spatial] float32. @throws {InputError} where it does not fit */
  toImage(x: Tensor): Tensor {
    return this.analysis.image.form.toImage(x);
  }

  /** An image [N,C,…spatial] with the axes in the order of the model's input. */
  fromImage(image: Tensor): Tensor {
    return this.analysis.image.form.fromImage(image);
  }

  /**
   * Preprocessing settings with the model's own channels, height and width. Where the model leaves its size open, that
   * of the settings stays.
   */
  fit(settings: PreprocessingChoice): Preprocessing {
    return this.pictures.fit(settings);
  }

  /** Whether the input is a picture: height, width, and one or three channels. */
  takesPictures(): boolean {
    return this.pictures.takesPictures;
  }

  /** The output for a batch: the model's own, or the value that the options name. */
  async predict(x: Tensor, options: RunOptions = {}): Promise<Tensor> {
    checkTensor(x);
    const feeds = this.feeds(options);
    const image = this.toImage(x);
    return this.use(image, feeds, (session) => session.predict(image, feeds));
  }

  /**
   * A saliency map of each sample, with its score and completeness.
   *
   * @param x as the model takes it: [N,C,H,W], [N,H,W,C], [C,H,W] …; any float type, or, of integers, real numbers too
   * @throws {InputError} where it is not known which of its axes are spatial: {@link LoadOptions.layout}
   * @throws {TargetError} where the target does not exist; says which ones do
   * @throws {UnsupportedModelError} where the output cannot be explained; says which values can
   */
  explain(
    x: Tensor,
    options?: ExplainOptions & { readonly method?: "fullgrad" },
  ): Promise<CompleteExplanation>;
  explain(x: Tensor, options: ExplainOptions): Promise<Explanation>;
  async explain(x: Tensor, options: ExplainOptions = {}): Promise<Explanation> {
    const { method: name, preprocessing, batch, signal, onProgress } = options;
    const method = findMethod(name ?? "fullgrad");
    checkDecided(this.analysis.image);
    const pixels = preprocessing && this.pictures.range(preprocessing);
    const explanation = await this.ask(
      x,
      options,
      (session, image, feeds) =>
        explain(session, image, method, targetOf(options), {
          settings: this.asImages(settingsOf(options)),
          feeds,
          ...(pixels ? { pixels } : {}),
          ...{ batch, signal, onProgress },
        }),
      method,
    );
    const { target: explained, score, completeness } = explanation.samples[0]!;
    const isScore = asContrast(targetOf(options)).quantity !== "log-probability";
    const squashing = isScore ? squashingOf(this.imported, this.analysis.part.output) : undefined;
    const { attribution } = explanation;
    return {
      ...explanation,
      ...(attribution ? { attribution: this.like(x, attribution) } : {}),
      samples: withNotes(explanation, method, x, { squashing, quantizers: this.quantizers }),
      target: explained,
      score,
      ...(completeness ? { completeness } : {}),
    };
  }

  /** The full-gradient decomposition: every term, signed, with its node. */
  async fullGradient(x: Tensor, options: TargetOptions = {}): Promise<FullGradientResult> {
    const result = await this.ask(x, options, (session, image, feeds) =>
      session.fullGradient(image, targetOf(options), feeds),
    );
    const { inputGradient, inputTerm } = result;
    return {
      ...result,
      inputGradient: this.like(x, inputGradient),
      inputTerm: this.like(x, inputTerm),
    };
  }

  /** Where in the image each layer adds to the score, signed; the sums of the maps are the terms. */
  async layerMaps(x: Tensor, options: TargetOptions = {}): Promise<LayerMaps> {
    checkDecided(this.analysis.image);
    return this.ask(x, options, (session, image, feeds) =>
      session.layerMaps(image, targetOf(options), feeds),
    );
  }

  /**
   * The sums of all terms of each sample, and what is left over; with `gradient`, also directional derivatives beside
   * central differences of the model's own file, which no sum can stand for: a bias y − J·x adds up whatever J is.
   *
   * @throws {UsageError} with `gradient`, where the model rounds: its differences are those of steps
   */
  verify(
    x: Tensor,
    options: VerifyOptions & { readonly gradient: true | DirectionOptions },
  ): Promise<readonly VerifiedSample[]>;
  verify(x: Tensor, options?: VerifyOptions): Promise<readonly SampleResult[]>;
  verify(x: Tensor, options: VerifyOptions = {}): Promise<readonly SampleResult[]> {
    const { gradient } = options;
    const target = targetOf(options);
    if (!gradient) {
      return this.ask(x, options, (session, image, feeds) => session.verify(image, target, feeds));
    }
    const { quantizers } = this;
    if (quantizers > 0) {
      throw new UsageError(
        `gradients pass straight through ${quantizers} nodes of this model that round, where central differences see ` +
          "steps: verify without --gradient, or check the gradient of the float model",
      );
    }
    const directions = gradient === true ? {} : gradient;
    return this.ask(x, options, async (session, image, feeds) => {
      const reference = await this.reference(session, new Set([...feeds.keys(), session.input]));
      try {
        return await session.verifyGradient(image, target, reference, directions, feeds);
      } finally {
        await reference.executable.dispose();
      }
    });
  }

  /** What each node hands on of what it gets, for the first sample; the node that loses most comes first. */
  bisect(x: Tensor, options: TargetOptions = {}): Promise<readonly NodeGap[]> {
    return this.ask(x, options, (session, image, feeds) =>
      session.bisect(image, targetOf(options), feeds),
    );
  }

  /** The gradient of each node beside central differences of that node alone, for the first sample. */
  checkNodes(
    x: Tensor,
    options: TargetOptions & DirectionOptions = {},
  ): Promise<readonly NodeJacobian[]> {
    const target = targetOf(options);
    return this.ask(x, options, (session, image, feeds) =>
      session.checkNodes(image, target, options, feeds),
    );
  }

  /** The nodes with weights that the output needs, the one nearest to it first. */
  layers(): readonly string[] {
    return parameterLayers(this.analysis.part.graph, registry).map(({ node }) => node);
  }

  /** The same network with the weights of its last `count` layers shuffled. */
  randomized(count: number, seed: number): Model {
    const layers = parameterLayers(this.analysis.part.graph, registry).slice(0, count);
    return new Model(randomizeParameters(this.imported, layers, seed), this.backend, this.options);
  }

  /** Frees what has been compiled so far, which is compiled again when it is asked again. */
  release(): Promise<void> {
    return this.sessions.release();
  }

  /** Frees the engine's memory. */
  dispose(): Promise<void> {
    return this.sessions.dispose();
  }

  private reference(session: Session, given: ReadonlySet<string>): Promise<Reference> {
    const { file, imported, backend } = this;
    const { part, form } = this.analysis.image;
    const prepared = (): TypedGraph => session.graph;
    return openReference(backend, { file, imported, part, form, given, prepared });
  }

  /** Settings with tensors, such as a baseline that is given, as images. */
  private asImages(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const isTensor = (value: unknown): value is Tensor =>
      typeof value === "object" && value !== null && "dims" in value && "data" in value;
    return Object.fromEntries(
      Object.entries(settings).map(([key, v]) => [key, isTensor(v) ? this.toImage(v) : v]),
    );
  }

  /** Something in the shape of the image, in that of an input. */
  private like(x: Tensor, image: Tensor): Tensor {
    const own = this.fromImage(image);
    return own.dims.length === x.dims.length ? own : { ...own, dims: [1, ...own.dims] };
  }

  /** Values of the other inputs, without those that the chosen output does not need. */
  private feeds({ feeds = {} }: RunOptions): Tensors {
    const names = (graph: Graph): Set<string> => new Set(graph.inputs.map((i) => i.name));
    const [needed, all] = [names(this.analysis.part.graph), names(this.imported)];
    return new Map(Object.entries(feeds).filter(([name]) => needed.has(name) || !all.has(name)));
  }

  /** Asks for something that needs gradients; an error says what could be asked instead. */
  private async ask<T>(
    x: Tensor,
    options: RunOptions & { readonly batch?: number | undefined },
    question: (session: Session, image: Tensor, feeds: Tensors) => Promise<T>,
    method?: Method,
  ): Promise<T> {
    checkTensor(x);
    const feeds = this.feeds(options);
    const image = this.toImage(x);
    try {
      const checked = (session: Session): Promise<T> => {
        if (!(method?.kind === "sampling" && method.gradientFree)) session.explained.check();
        return question(session, image, feeds);
      };
      return await this.use(image, feeds, checked, options.batch);
    } catch (error) {
      throw this.analysis.withHints(error, this.analysis.sizes({ x: image, feeds }));
    }
  }

  /** Asks the session for the size of these values. */
  private use<T>(
    x: Tensor,
    feeds: Tensors,
    question: (session: Session) => Promise<T>,
    batch = 1,
  ): Promise<T> {
    const { analysis, backend } = this;
    const sizes = analysis.sizes({ x, feeds });
    const isOneSample = this.isOneByOne && batch === 1 && x.dims[0] === 1;
    const make = (): Session =>
      new Session(analysis.explained(sizes, isOneSample), registry, backend);
    return this.sessions.use(JSON.stringify([...sizes, isOneSample]), make, question);
  }

  /** Nodes of the explained part that round what is not constant, and that gradients pass. */
  private get quantizers(): number {
    const { nodes, constants } = this.analysis.part.graph;
    return nodes.filter((n) => registry.get(n.op, n.domain)?.rounds && !constants.has(n.inputs[0]!))
      .length;
  }

  /** Whether the engine is best asked one sample at a time. */
  private get isOneByOne(): boolean {
    return (this.backend.batch ?? 1) === 1;
  }
}

/** What comes from JavaScript has no types. */
function checkTensor(x: Partial<Tensor> | undefined): void {
  if (!Array.isArray(x?.dims) || x.data?.length !== sizeOf(x.dims)) {
    throw new InputError(
      "x is no tensor { dtype, dims, data } with as many numbers as dims say; " +
        "preprocess(image) makes one of a picture, float32(dims, numbers) of numbers",
    );
  }
}
