import { report, type Inspection } from "./analyzer/report.js";
import type { Backend } from "./backends/backend.js";
import { ortBackend } from "./backends/ort/ort-backend.js";
import type { Completeness } from "./engine/completeness.js";
import { emitFullGradient } from "./engine/full-gradient.js";
import type { Convention } from "./engine/psi.js";
import {
  Session,
  type FullGradientResult,
  type SampleResult,
  type SessionExplanation,
} from "./engine/session.js";
import type { Target } from "./engine/target.js";
import { FullgradError, InputError, UnsupportedModelError, UsageError } from "./errors.js";
import { decodeImage } from "./image/codec.js";
import { fitTo, preprocess, presets, type Preprocessing, type Size } from "./image/preprocess.js";
import type { Raster } from "./image/raster.js";
import { methods } from "./methods/all.js";
import { decodeModel } from "./onnx/decode.js";
import type { ExternalDataReader } from "./onnx/external-data.js";
import { importModel } from "./onnx/import.js";
import type { Graph } from "./onnx/ir.js";
import { registry } from "./ops/all.js";
import { prepare } from "./passes/prepare.js";
import type { Shape } from "./tensor/shape.js";
import type { Tensor } from "./tensor/tensor.js";

export interface LoadOptions {
  /** The engine; ONNX Runtime unless given. */
  readonly backend?: Backend;
  /** Execution provider of ONNX Runtime: cpu (default), cuda, webgpu, dml, coreml. */
  readonly provider?: string;
  /** Threads for one operator; one a core unless given. */
  readonly threads?: number;
  /** The output to explain; the first one unless given. */
  readonly output?: string;
  /** Height and width to use where the model leaves them open. */
  readonly size?: readonly [height: number, width: number];
  /** Reads weights kept in other files, for a model given as bytes. A path finds its own. */
  readonly externalData?: ExternalDataReader;
}

export interface ExplainOptions {
  /** Name of the method: "fullgrad" unless given. */
  readonly method?: string;
  /** The class to explain: "top" (default), one index for all samples, or one for each. */
  readonly target?: Target;
  /** How terms become a map: "head" (default) or "paper2019". */
  readonly convention?: Convention;
}

/** A saliency map with the score it explains. Where there are several samples, `score`, `target` and `completeness` are the first one's. */
export interface Explanation extends SessionExplanation {
  readonly target: number;
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
  /** One for each height and width that was asked for; a single one where the model fixes them. */
  private readonly sessions = new Map<string, Session>();

  /** Use {@link load}. */
  constructor(imported: Graph, backend: Backend, options: LoadOptions) {
    this.imported = imported;
    this.backend = backend;
    this.options = options;
  }

  /**
   * Inputs, outputs, operators, every bias-bearing node, and everything that stands in the way. Runs nothing. Where the
   * model leaves height and width open, shapes are those for {@link LoadOptions.size}, or 224x224.
   */
  inspect(): Inspection {
    try {
      const { graph, input, output } = this.open();
      const { plan } = emitFullGradient(graph, registry, { input, output, target: "top" });
      return report(
        { ...graph, nodes: this.imported.nodes, inputs: this.imported.inputs },
        plan,
        [],
      );
    } catch (error) {
      if (error instanceof UnsupportedModelError) {
        return report(this.imported, undefined, error.holes);
      }
      if (error instanceof FullgradError) {
        return report(this.imported, undefined, [], error.message);
      }
      throw error;
    }
  }

  /**
   * A picture as the model takes it: [1,C,H,W] float32.
   *
   * @param image a path, the bytes of a PNG or JPEG, or pixels
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
    const size = this.isOpen(input) ? sizeIn(wanted) : { height, width };
    return size ? fitTo(wanted, size.height, size.width, channels === 1 ? 1 : 3) : wanted;
  }

  /** The model's own output for a batch. */
  predict(x: Tensor): Promise<Tensor> {
    return this.open(x).predict(x);
  }

  /**
   * A saliency map of each sample, with its score and completeness.
   *
   * @param x [N,C,H,W]
   * @throws {TargetError} where the class does not exist @throws {UnsupportedModelError}
   */
  async explain(x: Tensor, options: ExplainOptions = {}): Promise<Explanation> {
    const { method: name = "fullgrad", target = "top", convention = "head" } = options;
    const method = methods.find((m) => m.name === name);
    if (!method) {
      throw new UsageError(
        `no method "${name}"; there are ${methods.map((m) => m.name).join(", ")}`,
      );
    }
    const explanation = await this.open(x).explain(x, method, target, convention);
    const [first] = explanation.samples;
    return {
      ...explanation,
      target: first!.target,
      score: first!.score,
      completeness: first!.completeness,
    };
  }

  /** The full-gradient decomposition: every term, signed, with its node. */
  fullGradient(x: Tensor, options: { readonly target?: Target } = {}): Promise<FullGradientResult> {
    return this.open(x).fullGradient(x, options.target ?? "top");
  }

  /** The sums of all terms of each sample, and what is left over. */
  verify(x: Tensor, options: { readonly target?: Target } = {}): Promise<readonly SampleResult[]> {
    return this.open(x).verify(x, options.target ?? "top");
  }

  /** Frees the engine's memory. */
  async dispose(): Promise<void> {
    const all = [...this.sessions.values()];
    this.sessions.clear();
    await Promise.all(all.map((session) => session.dispose()));
  }

  /** The model takes pictures of any size, and none was asked for. */
  private isOpen(input: string): boolean {
    const { shape } = this.imported.inputs.find((i) => i.name === input)!.fact;
    return this.options.size === undefined && shape.slice(2).some((d) => typeof d === "string");
  }

  /** The session for the height and width of `x`, or, without it, of the options. */
  private open(x?: Tensor): Session {
    const { output } = this.options;
    const given = x?.dims.length === 4 ? ([x.dims[2]!, x.dims[3]!] as const) : undefined;
    const size = this.options.size ?? given ?? [224, 224];
    const sizes = openSizes(this.imported, size, this.options.size !== undefined);
    const key = sizes.size === 0 ? "" : size.join("x");
    const known = this.sessions.get(key);
    if (known) return known;
    const graph = prepare(this.imported, registry, sizes);
    const session = new Session(
      graph,
      registry,
      this.backend,
      output === undefined ? {} : { output },
    );
    this.sessions.set(key, session);
    return session;
  }
}

/**
 * Loads an ONNX model.
 *
 * @param source a path, or the file's bytes
 * @throws {ModelFormatError} where it is no ONNX model @throws {ExternalDataError} where a file of weights is missing
 */
export async function load(source: string | Uint8Array, options: LoadOptions = {}): Promise<Model> {
  const backend =
    options.backend ??
    ortBackend({
      ...(options.provider === undefined ? {} : { provider: options.provider }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    });
  if (typeof source !== "string") {
    return new Model(
      await importModel(decodeModel(source), options.externalData),
      backend,
      options,
    );
  }
  const { externalDataFiles } = await import("./onnx/external-data-file.js");
  const bytes = await readFile(source, "the model");
  const reader = options.externalData ?? externalDataFiles(source);
  return new Model(await importModel(decodeModel(bytes), reader), backend, options);
}

/** The size that preprocessing itself ends with, where it ends with a fixed one. */
function sizeIn({ crop, resize }: Preprocessing): Size | undefined {
  return crop ?? (resize && "height" in resize ? resize : undefined);
}

async function rasterOf(image: string | Uint8Array | Raster): Promise<Raster> {
  if (typeof image === "string") return decodeImage(await readFile(image, "the image"), image);
  return image instanceof Uint8Array ? decodeImage(image, "the image") : image;
}

async function readFile(path: string, what: string): Promise<Uint8Array> {
  const fs = await import("node:fs/promises");
  try {
    return await fs.readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot read ${what} "${path}": ${reason}`, { cause: error });
  }
}

/**
 * Shapes of the image inputs whose height or width is open, with the given size.
 *
 * @throws {InputError} where a size was asked for that the model does not take
 */
function openSizes(
  graph: Graph,
  [height, width]: readonly [height: number, width: number],
  asked: boolean,
): ReadonlyMap<string, Shape> {
  const sizes = new Map<string, Shape>();
  for (const { name, fact } of graph.inputs) {
    const [n, c, h, w] = fact.shape;
    if (fact.shape.length !== 4) continue;
    const conflict = (declared: Shape[number] | undefined, wanted: number): boolean =>
      typeof declared === "number" && declared !== wanted;
    if (asked && (conflict(h, height) || conflict(w, width))) {
      throw new InputError(`input "${name}" is fixed at ${h!}x${w!}, not ${height}x${width}`);
    }
    if (typeof h === "string" || typeof w === "string") {
      sizes.set(name, [
        n!,
        c!,
        typeof h === "string" ? height : h!,
        typeof w === "string" ? width : w!,
      ]);
    }
  }
  return sizes;
}
