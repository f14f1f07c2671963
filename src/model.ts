import type { Inspection } from "./analyzer/report.js";
import type { Backend, Tensors } from "./backends/backend.js";
import type { NodeGap } from "./engine/bisect.js";
import { inspectModel } from "./engine/inspect.js";
import { checkExplainable, partOf, withHints, type ModelPart } from "./engine/part.js";
import type { PixelRange } from "./engine/image.js";
import type { LayerMaps } from "./engine/layer-maps.js";
import type { Method } from "./engine/method.js";
import type { SampleResult } from "./engine/samples.js";
import { Session, type FullGradientResult } from "./engine/session.js";
import { SessionPool } from "./engine/session-pool.js";
import { isOpen, openSizes } from "./engine/sizes.js";
import { InputError } from "./errors.js";
import { decodeImage, type DecodeOptions } from "./image/codec.js";
import {
  fitTo,
  pixelRange,
  preprocess,
  settingsFor,
  type presets,
  type Preprocessing,
  type Size,
} from "./image/preprocess.js";
import type { Raster } from "./image/raster.js";
import { findMethod } from "./methods/all.js";
import {
  settingsOf,
  targetOf,
  type CompleteExplanation,
  type ExplainOptions,
  type Explanation,
  type LoadOptions,
  type RunOptions,
  type TargetOptions,
} from "./model-options.js";
import type { Graph, TypedGraph } from "./onnx/ir.js";
import { registry } from "./ops/all.js";
import { prepare } from "./passes/prepare.js";
import { parameterLayers, randomizeParameters } from "./passes/randomize-parameters.js";
import { readFile } from "./read-file.js";
import { sizeOf, type Shape } from "./tensor/shape.js";
import type { Tensor } from "./tensor/tensor.js";

/**
 * A model, ready to be explained.
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
  private readonly backend: Backend;
  private readonly options: LoadOptions;
  private readonly sessions = new SessionPool();
  private readonly checked = new WeakSet<Session>();
  private chosen: ModelPart | undefined;
  /** Of the input, for the size that the options give. */
  private shape: Shape | undefined;

  /** Use `load`. */
  constructor(imported: Graph, backend: Backend, options: LoadOptions) {
    this.imported = imported;
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
   * A picture as the model takes it: [1,C,H,W] float32.
   *
   * @param image a path (in a browser, a URL), the bytes of a file that `decodeImage` reads, or pixels
   * @param settings a preset or settings of one's own; fitted to the model's input size
   * @throws {ImageError} where the picture cannot be read
   */
  async preprocess(
    image: string | Uint8Array | Raster,
    settings: keyof typeof presets | Preprocessing = "imagenet",
  ): Promise<Tensor> {
    return preprocess(await rasterOf(image, this.options), this.fit(settings));
  }

  /**
   * Preprocessing settings with the model's own channels, height and width. Where the model leaves its size open, that
   * of the settings stays.
   */
  fit(settings: keyof typeof presets | Preprocessing): Preprocessing {
    const wanted = settingsFor(settings);
    const { input } = this.part();
    const shape = (this.shape ??= this.prepared(this.sizes()).facts.get(input)!.shape);
    const [, channels, height, width] = shape;
    if (shape.length !== 4 || (typeof channels === "number" && channels !== 1 && channels !== 3)) {
      throw new InputError(
        `input "${input}" is [${shape.join(",")}], which no picture fits; give a .npy file or a tensor`,
      );
    }
    if (typeof height !== "number" || typeof width !== "number") return wanted;
    const port = this.imported.inputs.find((i) => i.name === input)!;
    const isFree = this.options.size === undefined && isOpen(port);
    const size = isFree ? sizeIn(wanted) : { height, width };
    return size ? fitTo(wanted, size.height, size.width, channels === 1 ? 1 : 3) : wanted;
  }

  /** The output for a batch: the model's own, or the value that the options name. */
  async predict(x: Tensor, options: RunOptions = {}): Promise<Tensor> {
    checkTensor(x);
    const feeds = this.feeds(options);
    return this.use(x, feeds, (session) => session.predict(x, feeds));
  }

  /**
   * A saliency map of each sample, with its score and completeness.
   *
   * @param x [N,C,H,W]
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
    const pixels = preprocessing && this.pixels(preprocessing);
    const explanation = await this.ask(
      x,
      options,
      (session, feeds) =>
        session.explain(x, method, targetOf(options), {
          settings: settingsOf(options),
          feeds,
          ...(pixels ? { pixels } : {}),
          ...(batch === undefined ? {} : { batch }),
          ...(signal ? { signal } : {}),
          ...(onProgress ? { onProgress } : {}),
        }),
      method,
    );
    const { target: explained, score, completeness } = explanation.samples[0]!;
    return {
      ...explanation,
      target: explained,
      score,
      ...(completeness ? { completeness } : {}),
    };
  }

  /** The full-gradient decomposition: every term, signed, with its node. */
  fullGradient(x: Tensor, options: TargetOptions = {}): Promise<FullGradientResult> {
    return this.ask(x, options, (session, feeds) =>
      session.fullGradient(x, targetOf(options), feeds),
    );
  }

  /** Where in the image each layer adds to the score, signed; the sums of the maps are the terms. */
  layerMaps(x: Tensor, options: TargetOptions = {}): Promise<LayerMaps> {
    return this.ask(x, options, (session, feeds) => session.layerMaps(x, targetOf(options), feeds));
  }

  /** The sums of all terms of each sample, and what is left over. */
  verify(x: Tensor, options: TargetOptions = {}): Promise<readonly SampleResult[]> {
    return this.ask(x, options, (session, feeds) => session.verify(x, targetOf(options), feeds));
  }

  /** What each node hands on of what it gets, for the first sample; the node that loses most comes first. */
  bisect(x: Tensor, options: TargetOptions = {}): Promise<readonly NodeGap[]> {
    return this.ask(x, options, (session, feeds) => session.bisect(x, targetOf(options), feeds));
  }

  /** The nodes with weights that the output needs, the one nearest to it first. */
  layers(): readonly string[] {
    return parameterLayers(this.part().graph).map(({ node }) => node);
  }

  /** The same network with the weights of its last `count` layers shuffled. */
  randomized(count: number, seed: number): Model {
    const layers = parameterLayers(this.part().graph).slice(0, count);
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

  private part(): ModelPart {
    return (this.chosen ??= partOf(this.imported, this.options));
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
    question: (session: Session, feeds: Tensors) => Promise<T>,
    method?: Method,
  ): Promise<T> {
    checkTensor(x);
    const feeds = this.feeds(options);
    try {
      return await this.use(x, feeds, (session) => {
        if (!(method?.kind === "sampling" && method.gradientFree)) this.check(session);
        return question(session, feeds);
      });
    } catch (error) {
      throw withHints(error, this.imported, this.part(), registry, this.sizes(x, feeds));
    }
  }

  /** Once for each session. */
  private check(session: Session): void {
    if (this.checked.has(session)) return;
    checkExplainable(session.graph, registry, session.input, session.output);
    this.checked.add(session);
  }

  /** What black and white are in the units of the input. */
  private pixels(settings: keyof typeof presets | Preprocessing): PixelRange {
    return pixelRange(this.fit(settings));
  }

  private sizes(x?: Tensor, feeds?: Tensors): ReadonlyMap<string, Shape> {
    const { size } = this.options;
    return openSizes(this.imported, this.part().input, {
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
