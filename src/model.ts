import type { Inspection } from "./analyzer/report.js";
import type { Backend, Tensors } from "./backends/backend.js";
import type { NodeGap } from "./engine/bisect.js";
import type { Completeness } from "./engine/completeness.js";
import { inspectModel } from "./engine/inspect.js";
import { checkExplainable, partOf, withHints, type ModelPart } from "./engine/part.js";
import type { Convention } from "./engine/psi.js";
import {
  Session,
  type FullGradientResult,
  type SampleResult,
  type SessionExplanation,
} from "./engine/session.js";
import { isOpen, openSizes, type ImageSize } from "./engine/sizes.js";
import type { Target } from "./engine/target.js";
import { InputError, UsageError } from "./errors.js";
import { decodeImage } from "./image/codec.js";
import { fitTo, preprocess, presets, type Preprocessing, type Size } from "./image/preprocess.js";
import type { Raster } from "./image/raster.js";
import { methods } from "./methods/all.js";
import type { ExternalDataReader } from "./onnx/external-data.js";
import type { Graph } from "./onnx/ir.js";
import { registry } from "./ops/all.js";
import { prepare } from "./passes/prepare.js";
import { readFile } from "./read-file.js";
import type { Shape } from "./tensor/shape.js";
import type { Tensor } from "./tensor/tensor.js";

export interface LoadOptions {
  /** The engine: ONNX Runtime ("ort", the default), TensorFlow.js ("tfjs"), or one of your own. */
  readonly backend?: Backend | "ort" | "tfjs";
  /**
   * What the engine runs on. ONNX Runtime: cpu (default), cuda, webgpu, dml, coreml; in a browser wasm (default), webgpu.
   * tfjs: wasm (default), cpu, and in Node node, node-gpu, in a browser webgl, webgpu.
   */
  readonly provider?: string;
  /** Threads for one operator; one a core unless given. */
  readonly threads?: number;
  /** In a browser, the URL of the folder with the engine's .wasm files, where the bundler has not put them in place. */
  readonly wasmPaths?: string;
  /** The input to explain; the only one, or the only image, unless given. */
  readonly input?: string;
  /**
   * The output to explain; the first one unless given. "logits" is what goes into the Softmax or Sigmoid that makes the
   * first one. Any other value of the model is an output too, by its name in the file.
   */
  readonly output?: string;
  /** Height and width to use where the model leaves them open. */
  readonly size?: ImageSize;
  /** Reads weights kept in other files, for a model given as bytes. A path finds its own. */
  readonly externalData?: ExternalDataReader;
}

/** Values of the inputs beside the one that is explained, by name: a row for each sample, or one value for all. */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface RunOptions {
  readonly feeds?: Feeds;
}

export interface TargetOptions extends RunOptions {
  /**
   * The number to explain: "top" (default), one class for all samples, or one for each; for outputs of other shapes
   * than [N,K], in words: "8@10,12" (class 8 at x 10, y 12), "8@0,0,16,16" (mean over a region), "8@" (over all),
   * "box:5,class:2", "3,1,4" (an index); or as the seed of a weighted sum.
   */
  readonly target?: Target;
}

export interface ExplainOptions extends TargetOptions {
  /** Name of the method: "fullgrad" unless given. */
  readonly method?: string;
  /** How terms become a map: "head" (default) or "paper2019". */
  readonly convention?: Convention;
}

/** A saliency map with the score it explains. Where there are several samples, `score`, `target` and `completeness` are the first one's. */
export interface Explanation extends SessionExplanation {
  readonly target: number | string;
  readonly score: number;
  readonly completeness: Completeness;
}

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
  private readonly imported: Graph;
  private readonly backend: Backend;
  private readonly options: LoadOptions;
  /** One for each size that was asked for; a single one where the model fixes it. */
  private readonly sessions = new Map<string, Session>();
  private chosen: ModelPart | undefined;

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
   * @param image a path (in a browser, a URL), the bytes of a PNG or JPEG, or pixels
   * @param settings a preset or settings of one's own; fitted to the model's input size
   * @throws {ImageError} where the picture cannot be read
   */
  async preprocess(
    image: string | Uint8Array | Raster,
    settings: keyof typeof presets | Preprocessing = "imagenet",
  ): Promise<Tensor> {
    return preprocess(await rasterOf(image), this.fit(settings));
  }

  /**
   * Preprocessing settings with the model's own channels, height and width. Where the model leaves its size open, that
   * of the settings stays.
   */
  fit(settings: keyof typeof presets | Preprocessing): Preprocessing {
    const wanted: Preprocessing = typeof settings === "string" ? presets[settings] : settings;
    const { graph, input } = this.open();
    const { shape } = graph.facts.get(input)!;
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
    const feeds = this.feeds(options);
    return this.open(x, feeds).predict(x, feeds);
  }

  /**
   * A saliency map of each sample, with its score and completeness.
   *
   * @param x [N,C,H,W]
   * @throws {TargetError} where the target does not exist; says which ones do
   * @throws {UnsupportedModelError} where the output cannot be explained; says which values can
   */
  async explain(x: Tensor, options: ExplainOptions = {}): Promise<Explanation> {
    const { method: name = "fullgrad", target = "top", convention = "head" } = options;
    const method = methods.find((m) => m.name === name);
    if (!method) {
      throw new UsageError(
        `no method "${name}"; there are ${methods.map((m) => m.name).join(", ")}`,
      );
    }
    const explanation = await this.ask(x, options, (session, feeds) =>
      session.explain(x, method, target, convention, feeds),
    );
    const [first] = explanation.samples;
    return {
      ...explanation,
      target: first!.target,
      score: first!.score,
      completeness: first!.completeness,
    };
  }

  /** The full-gradient decomposition: every term, signed, with its node. */
  fullGradient(x: Tensor, options: TargetOptions = {}): Promise<FullGradientResult> {
    return this.ask(x, options, (session, feeds) =>
      session.fullGradient(x, options.target ?? "top", feeds),
    );
  }

  /** The sums of all terms of each sample, and what is left over. */
  verify(x: Tensor, options: TargetOptions = {}): Promise<readonly SampleResult[]> {
    return this.ask(x, options, (session, feeds) =>
      session.verify(x, options.target ?? "top", feeds),
    );
  }

  /** What each node hands on of what it gets, for the first sample; the node that loses most comes first. */
  bisect(x: Tensor, options: TargetOptions = {}): Promise<readonly NodeGap[]> {
    return this.ask(x, options, (session, feeds) =>
      session.bisect(x, options.target ?? "top", feeds),
    );
  }

  /** Frees the engine's memory. */
  async dispose(): Promise<void> {
    const all = [...this.sessions.values()];
    this.sessions.clear();
    await Promise.all(all.map((session) => session.dispose()));
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
  ): Promise<T> {
    const feeds = this.feeds(options);
    try {
      const session = this.open(x, feeds);
      checkExplainable(session.graph, registry, session.input, session.output);
      return await question(session, feeds);
    } catch (error) {
      throw withHints(error, this.imported, this.part(), registry, this.sizes(x, feeds));
    }
  }

  private sizes(x?: Tensor, feeds?: Tensors): ReadonlyMap<string, Shape> {
    const { size } = this.options;
    return openSizes(this.imported, this.part().input, {
      ...(size ? { size } : {}),
      ...(x ? { x } : {}),
      ...(feeds ? { feeds } : {}),
    });
  }

  /** The session for the size of these values, or, without them, of the options. */
  private open(x?: Tensor, feeds?: Tensors): Session {
    const { graph, input, output } = this.part();
    const sizes = this.sizes(x, feeds);
    const key = JSON.stringify([...sizes]);
    const known = this.sessions.get(key);
    if (known) return known;
    const prepared = prepare(graph, registry, sizes);
    const session = new Session(prepared, registry, this.backend, { input, output });
    this.sessions.set(key, session);
    return session;
  }
}

/** The size that preprocessing itself ends with, where it ends with a fixed one. */
function sizeIn({ crop, resize }: Preprocessing): Size | undefined {
  return crop ?? (resize && "height" in resize ? resize : undefined);
}

async function rasterOf(image: string | Uint8Array | Raster): Promise<Raster> {
  if (typeof image === "string") return decodeImage(await readFile(image, "the image"), image);
  return image instanceof Uint8Array ? decodeImage(image, "the image") : image;
}
