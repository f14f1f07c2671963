import { convertToOnnx } from "../../converters/onnx/onnx-to-fullgrad-onnx.js";
import { describeConversion } from "../../converters/onnx/describe-conversion.js";
import type { Backend } from "../../src/backends/backend.js";
import type { Inspection } from "../../src/runtime/inspection-report.js";
import { rowsOf } from "../../src/tensor/batches.js";
import type { SubgraphOptions } from "../../src/runtime/subgraph.js";
import type { ExplainedSample } from "../../src/runtime/samples.js";
import type { ImageSize } from "../../src/runtime/sizes.js";
import { targetPort, targetWords } from "../../src/target/resolve.js";
import { InputError } from "../../src/errors.js";
import { preprocess, viewOf } from "../../src/image/preprocess.js";
import type { Raster } from "../../src/image/raster.js";
import { Model } from "../../src/model/model.js";
import { encodeModel } from "../../src/onnx/file/encode.js";
import { readGraph } from "../../src/model/read-graph.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import { float32, toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { decodePicture } from "./decode-picture.js";
import { bytesOf, weightsIn } from "./files.js";
import { interruptible } from "./interruptible.js";
import type {
  Convert,
  Explain,
  Explained,
  OpenedModel,
  OpenModel,
  Part,
  PartMaps,
  Provider,
  Question,
  Questions,
  Source,
} from "./protocol.js";

/** Larger models are compiled for one method at a time, because each compiled graph holds the weights. */
const keptBelow = 100e6;

export interface Run {
  readonly signal: AbortSignal;
  /** Passes, or bytes of a file. */
  readonly onProgress: (done: number, total: number) => void;
}

/** Where the workbench runs: in the page's worker, or in Node while the page is built. */
export interface Place {
  readonly threads: number;
  readonly backendOf: (provider: Provider, run: Run) => Promise<Backend>;
}

interface Opened extends OpenedModel {
  readonly model: Model;
  readonly options: SubgraphOptions & { readonly size?: ImageSize };
  readonly name: string;
  readonly sha256: string;
}

/** The open model and picture. If another one fails to open, the previous one stays open. */
export class Workbench {
  private readonly place: Place;
  private opened: Opened | undefined;
  private picture: Raster | undefined;
  private signal: AbortSignal | undefined;

  constructor(place: Place) {
    this.place = place;
  }

  async openModel({ file, beside, settings }: OpenModel, run: Run): Promise<OpenedModel> {
    const { provider, ...options } = settings;
    const { threads, backendOf } = this.place;
    const part = together(run);
    const [bytes, engine] = await Promise.all([bytesOf(file, part()), backendOf(provider, part())]);
    run.signal.throwIfAborted();
    const backend = interruptible(engine, () => this.signal?.throwIfAborted());
    const model = new Model(await readGraph(bytes, weightsIn(beside)), backend, options);
    const inspection = model.inspect();
    const sha256 = await digest(bytes);
    run.signal.throwIfAborted();
    await this.opened?.model.dispose();
    const weights = beside.reduce((sum, { size }) => sum + size, 0);
    const report = { inspection, bytes: bytes.length + weights, threads, ...outputOf(inspection) };
    this.opened = { ...report, model, options, name: file.name, sha256 };
    return report;
  }

  async openPicture(source: Source, run: Run): Promise<{ width: number; height: number }> {
    this.picture = await decodePicture(await bytesOf(source, run), source.name);
    const { width, height } = this.picture;
    return { width, height };
  }

  async explain(asked: Explain, { signal, onProgress }: Run): Promise<Explained> {
    const { model, bytes, output } = this.model();
    const { x, view, feeds } = await this.inputOf(asked);
    this.signal = signal;
    const start = performance.now();
    const explanation = await model.explain(x, {
      ...asked.settings,
      method: asked.method,
      target: asked.target,
      versus: asked.versus,
      preprocessing: asked.preprocessing,
      feeds,
      signal,
      onProgress: ({ done, total }) => {
        onProgress(done, total);
      },
    });
    const seconds = (performance.now() - start) / 1000;
    if (bytes > keptBelow) await model.release();
    const sample = explanation.samples[0]!;
    const { target, versus, score, completeness } = sample;
    const scores = output?.classes === undefined ? [] : rowsOf(explanation.output, 1);
    return {
      method: asked.method,
      map: withoutBatch(explanation.map),
      view,
      target,
      ...(versus === undefined ? {} : { versus }),
      score,
      ...(scores[0] ? { scores: scores[0] } : {}),
      ...(completeness ? { completeness, parts: partsOf(sample) } : {}),
      info: sample.info ?? {},
      notes: sample.notes,
      seconds,
    };
  }

  async mapParts(asked: Question, { signal }: Run): Promise<PartMaps> {
    const { model, bytes } = this.model();
    const { x, feeds } = await this.inputOf(asked);
    this.signal = signal;
    const { target, versus } = asked;
    const { inputMap, units } = await model.layerMaps(x, { target, versus, feeds });
    if (bytes > keptBelow) await model.release();
    return [inputMap, ...units.map(({ map }) => map)].map((map) => map && withoutBatch(map));
  }

  convert({ method, settings, target }: Convert): Questions["convert"]["answer"] {
    const { model, options: open, name, sha256 } = this.model();
    const options = { ...open, method, settings, target };
    const conversion = convertToOnnx(model.imported, options);
    const origin = { version: FULLGRAD_VERSION, file: name, sha256 };
    const bytes = encodeModel(describeConversion(conversion, options, origin));
    return { bytes: bytes as Uint8Array<ArrayBuffer>, notes: conversion.notes };
  }

  /** The picture as the model's input and as pixels, and the values of the other inputs. */
  private async inputOf({ preprocessing, feeds }: Question): Promise<{
    readonly x: Tensor;
    readonly view: Raster;
    readonly feeds: Record<string, Tensor>;
  }> {
    const { model } = this.model();
    if (!this.picture) throw new InputError("no picture is open");
    const settings = model.fit(preprocessing);
    const x = model.fromImage(preprocess(this.picture, settings));
    return { x, view: viewOf(this.picture, settings), feeds: await feedsOf(feeds) };
  }

  private model(): Opened {
    if (!this.opened) throw new InputError("no model is open");
    return this.opened;
  }
}

/** Runs whose progress is reported as one. */
function together({ signal, onProgress }: Run): () => Run {
  const parts: { done: number; total: number }[] = [];
  const sum = (of: "done" | "total"): number => parts.reduce((known, part) => known + part[of], 0);
  return () => {
    const part = { done: 0, total: 0 };
    parts.push(part);
    return {
      signal,
      onProgress: (done, total) => {
        Object.assign(part, { done, total });
        onProgress(sum("done"), sum("total"));
      },
    };
  };
}

/** The kind of the explained output, for targets. */
function outputOf({ explainable, input, output }: Inspection): Pick<OpenedModel, "output"> {
  if (!explainable || !input || !output) return {};
  const { name, ...fact } = output;
  const port = targetPort({ name, fact }, input.shape[0] ?? 1);
  return { output: { ...port, words: targetWords(port) } };
}

/** The input term, then the layer terms in network order. */
function partsOf({ completeness, terms = [] }: ExplainedSample): readonly Part[] {
  const input = { name: "the input itself", op: "", kind: "input", spatial: true } as const;
  const layers = terms.map(({ unit: { node, op, kind, spatial }, value }): Part => {
    return { name: node, op, kind, spatial, value };
  });
  return [{ ...input, value: completeness!.inputTerm }, ...layers];
}

async function feedsOf(files: Explain["feeds"]): Promise<Record<string, Tensor>> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, file] of Object.entries(files))
    feeds[name] = decodeNpy(new Uint8Array(await file.arrayBuffer()));
  return feeds;
}

/** The shape […spatial] of a map [1,1,…spatial]. */
function withoutBatch(map: Tensor): Tensor<"float32"> {
  return float32(map.dims.slice(2), toNumbers(map));
}

/** SHA-256 in hexadecimal; browsers provide it on https and localhost only. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (!globalThis.isSecureContext) return "unknown";
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
