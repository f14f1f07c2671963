import type { ImageAxes } from "../analysis/image-axes.js";
import type { Inspection } from "../runtime/inspection-report.js";
import type { Backend } from "../backends/backend.js";
import type { NodeGap } from "../decomposition/bisect.js";
import { asContrast } from "../target/contrast.js";
import { inspectModel } from "../runtime/inspect.js";
import { checkDecided, imageModel, type ImageModel } from "../runtime/image-model/image-model.js";
import { checkExplainable, withHints, type ModelPart } from "../runtime/subgraph.js";
import type { PixelRange } from "../methods/core/image.js";
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
import { isOpen, openSizes } from "../runtime/sizes.js";
import { InputError } from "../errors.js";
import { decodeImage, type DecodeOptions } from "../image/codec.js";
import {
  fitTo,
  pixelRange,
  preprocess,
  settingsFor,
  presets,
  type Preprocessing,
  type Size,
} from "../image/preprocess.js";
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
import type { Graph, TypedGraph } from "../onnx/ir.js";
import type { ModelFile } from "../onnx/file/model-file.js";
import { registry } from "../ops/all.js";
import { prepare } from "../passes/prepare.js";
import { parameterLayers, randomizeParameters } from "../passes/randomize-parameters.js";
import { readFile } from "../files/read-file.js";
import { sizeOf, type Shape } from "../tensor/shape.js";
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
  private readonly checked = new WeakSet<Session>();
  private found: ImageModel | undefined;
  /** Of the image, for the size that the options give. */
  private shape: Shape | undefined;

  /** Use `load`. */
  constructor(imported: Graph, backend: Backend, options: LoadOptions, file?: ModelFile) {
    this.imported = imported;
    this.file = file;
    this.backend = backend;
    this.options = options;
  }

  /**
   * Inputs, outputs, operators, every bias-bearing node, and everything that stands in the way. Runs nothing. Where the
   * model leaves height and width open, shapes are those for {@link LoadOptions.size}, or 224x224.
   *
   * @throws {TargetError} @throws {InputError} where the options name an output or input that the model does not have
   */
  inspect(): Inspection {
    return inspectModel(this.imported, registry, this.options);
  }

  /**
   * What each axis of the input is; undefined where the layers do not say and {@link LoadOptions.layout} neither.
   *
   * @throws {TargetError} @throws {InputError} as {@link Model.inspect}
   */
  get imageAxes(): ImageAxes | undefined {
    const { form, undecided } = this.image();
    return undecided === undefined ? form.axes : undefined;
  }

  /** The input is of integers, which the model casts to floats itself: it takes the bytes of a picture. */
  get takesBytes(): boolean {
    return this.image().form.isInteger;
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
    settings: keyof typeof presets | Preprocessing = this.takesBytes ? "bytes" : "imagenet",
  ): Promise<Tensor> {
    return this.fromImage(preprocess(await rasterOf(image, this.options), this.fit(settings)));
  }

  /** An input of the model as image [N,C,…spatial] float32. @throws {InputError} where it does not fit */
  toImage(x: Tensor): Tensor {
    return this.image().form.toImage(x);
  }

  /** An image [N,C,…spatial] with the axes in the order of the model's input. */
  fromImage(image: Tensor): Tensor {
    return this.image().form.fromImage(image);
  }

  /**
   * Preprocessing settings with the model's own channels, height and width. Where the model leaves its size open, that
   * of the settings stays.
   */
  fit(settings: keyof typeof presets | Preprocessing): Preprocessing {
    const wanted = settingsFor(settings === "none" && this.takesBytes ? levels : settings);
    const { form, graph } = this.image();
    if (!this.takesPictures()) {
      const { name, fact } = form.port;
      throw new InputError(
        `input "${name}" is [${fact.shape.join(",")}], which no picture fits; give a .npy file or a tensor`,
      );
    }
    const [, channels, height, width] = this.imageShape();
    if (typeof height !== "number" || typeof width !== "number") return wanted;
    const port = graph.inputs.find((i) => i.name === form.port.name)!;
    const isFree = this.options.size === undefined && isOpen(port);
    const size = isFree ? sizeIn(wanted) : { height, width };
    return size ? fitTo(wanted, size.height, size.width, channels === 1 ? 1 : 3) : wanted;
  }

  /** Whether the input is a picture: height, width, and one or three channels. */
  takesPictures(): boolean {
    const [, channels, ...spatial] = this.imageShape();
    const isColor = typeof channels === "string" || channels === 1 || channels === 3;
    return spatial.length === 2 && isColor;
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
    checkDecided(this.image());
    const pixels = preprocessing && this.pixels(preprocessing);
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
    const squashing = isScore ? squashingOf(this.imported, this.part().output) : undefined;
    const { attribution } = explanation;
    return {
      ...explanation,
      ...(attribution ? { attribution: this.like(x, attribution) } : {}),
      samples: withNotes(explanation, method, x, squashing),
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
    checkDecided(this.image());
    return this.ask(x, options, (session, image, feeds) =>
      session.layerMaps(image, targetOf(options), feeds),
    );
  }

  /**
   * The sums of all terms of each sample, and what is left over; with `gradient`, also directional derivatives beside
   * central differences of the model's own file, which no sum can stand for: a bias y − J·x adds up whatever J is.
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
    return parameterLayers(this.part().graph, registry).map(({ node }) => node);
  }

  /** The same network with the weights of its last `count` layers shuffled. */
  randomized(count: number, seed: number): Model {
    const layers = parameterLayers(this.part().graph, registry).slice(0, count);
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

  /** The model with its input as image, in which everything is asked. */
  private image(): ImageModel {
    return (this.found ??= imageModel(this.imported, registry, this.options));
  }

  private reference(session: Session, given: ReadonlySet<string>): Promise<Reference> {
    const { file, imported, backend } = this;
    const { part, form } = this.image();
    const prepared = (): TypedGraph => session.graph;
    return openReference(backend, { file, imported, part, form, given, prepared });
  }

  private part(): ModelPart {
    return this.image().part;
  }

  private imageShape(): Shape {
    return (this.shape ??= this.prepared(this.sizes()).facts.get(this.part().input)!.shape);
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
    const [needed, all] = [names(this.part().graph), names(this.imported)];
    return new Map(Object.entries(feeds).filter(([name]) => needed.has(name) || !all.has(name)));
  }

  /** Asks for something that needs gradients; an error says what could be asked instead. */
  private async ask<T>(
    x: Tensor,
    options: RunOptions,
    question: (session: Session, image: Tensor, feeds: Tensors) => Promise<T>,
    method?: Method,
  ): Promise<T> {
    checkTensor(x);
    const feeds = this.feeds(options);
    const image = this.toImage(x);
    try {
      return await this.use(image, feeds, (session) => {
        if (!(method?.kind === "sampling" && method.gradientFree)) this.check(session);
        return question(session, image, feeds);
      });
    } catch (error) {
      throw withHints(error, this.imported, this.part(), registry, this.sizes(image, feeds));
    }
  }

  /** Once for each session. */
  private check(session: Session): void {
    if (this.checked.has(session)) return;
    checkExplainable(session.graph, registry, session.input, session.output);
    this.checked.add(session);
  }

  /** What black and white are in the units of the input; unknown where it is no picture. */
  private pixels(settings: keyof typeof presets | Preprocessing): PixelRange | undefined {
    return this.takesPictures() ? pixelRange(this.fit(settings)) : undefined;
  }

  private sizes(x?: Tensor, feeds?: Tensors): ReadonlyMap<string, Shape> {
    const { size } = this.options;
    return openSizes(this.image().graph, this.part().input, {
      ...(size ? { size } : {}),
      ...(x ? { x } : {}),
      ...(feeds ? { feeds } : {}),
    });
  }

  private prepared(sizes: ReadonlyMap<string, Shape>): TypedGraph {
    return prepare(this.part().graph, registry, sizes);
  }

  /** Asks the session for the size of these values. */
  private use<T>(
    x: Tensor,
    feeds: Tensors,
    question: (session: Session) => Promise<T>,
  ): Promise<T> {
    const { input, output } = this.part();
    const sizes = this.sizes(x, feeds);
    const make = (): Session =>
      new Session(this.prepared(sizes), registry, this.backend, { input, output });
    return this.sessions.use(JSON.stringify([...sizes]), make, question);
  }
}

/** A picture at its own size, as bytes: "none" for a model that casts them itself. */
const levels: Preprocessing = { ...presets.none, rescale: 1 };

/** What comes from JavaScript has no types. */
function checkTensor(x: Partial<Tensor> | undefined): void {
  if (!Array.isArray(x?.dims) || x.data?.length !== sizeOf(x.dims)) {
    throw new InputError(
      "x is no tensor { dtype, dims, data } with as many numbers as dims say; " +
        "preprocess(image) makes one of a picture, float32(dims, numbers) of numbers",
    );
  }
}

/** The size that preprocessing itself ends with, where it ends with a fixed one. */
function sizeIn({ crop, resize }: Preprocessing): Size | undefined {
  return crop ?? (resize && "height" in resize ? resize : undefined);
}

async function rasterOf(
  image: string | Uint8Array | Raster,
  options: DecodeOptions,
): Promise<Raster> {
  if (typeof image === "string") {
    return decodeImage(await readFile(image, "the image"), image, options);
  }
  return image instanceof Uint8Array ? decodeImage(image, "the image", options) : image;
}
