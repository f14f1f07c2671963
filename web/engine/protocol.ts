/**
 * What the page asks of the worker, and what comes back. All of it is data that can be sent between the two.
 *
 * @module
 */
import type { Inspection } from "../../src/runtime/inspection-report.js";
import type { Completeness } from "../../src/decomposition/completeness.js";
import type { Note } from "../../src/methods/core/notes.js";
import type { Preprocessing } from "../../src/image/preprocess.js";
import type { Raster } from "../../src/image/raster.js";
import type { BiasKind } from "../../src/ops/core/spec.js";
import type { Shape } from "../../src/tensor/shape.js";
import type { Tensor } from "../../src/tensor/tensor.js";

/** A file of the user's, or one that is a part of the page. */
export type Source = File | { readonly name: string; readonly url: string };

export type Provider = "wasm" | "webgpu";

/** How a model is opened: as for `load`. */
export interface ModelSettings {
  readonly provider: Provider;
  readonly input?: string;
  readonly output?: string;
  readonly size?: readonly [height: number, width: number];
}

export interface OpenModel {
  readonly file: Source;
  /** Files with weights, by their names. */
  readonly beside: readonly File[];
  readonly settings: ModelSettings;
}

export interface OpenedModel {
  readonly inspection: Inspection;
  readonly bytes: number;
  readonly threads: number;
  /** The output as targets see it; absent where nothing can be explained. */
  readonly output?: {
    readonly name: string;
    readonly shape: Shape;
    readonly classes: number | undefined;
    /** The targets that it has, in words. */
    readonly words: string;
  };
}

export interface Explain {
  readonly method: string;
  /** The method's own settings that are not the defaults. */
  readonly settings: Readonly<Record<string, string>>;
  readonly target: string | number;
  readonly preprocessing: Preprocessing;
  /** Values of the model's other inputs: .npy files by the inputs' names. */
  readonly feeds: Readonly<Record<string, File>>;
}

/** A part of the score. */
export interface Part {
  readonly name: string;
  readonly op: string;
  readonly kind: BiasKind | "input";
  readonly value: number;
  readonly spatial: boolean;
}

export interface Explained {
  readonly method: string;
  /** [H,W], un-normalised. */
  readonly map: Tensor<"float32">;
  /** The picture as the network sees it. */
  readonly view: Raster;
  readonly target: number | string;
  readonly score: number;
  /** The model's output, one number for each class, where it has classes. */
  readonly scores?: readonly number[];
  /** Where the method takes the score apart; so are the parts, the input's first. */
  readonly completeness?: Completeness;
  readonly parts?: readonly Part[];
  readonly info: Readonly<Record<string, number | string>>;
  /** What the map does not say by itself. */
  readonly notes: readonly Note[];
  readonly seconds: number;
}

export interface Convert {
  readonly method: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly target: string | number;
}

/** A method as src/methods/all.ts has it. */
export interface MethodReport {
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly signed: boolean;
  /** One pass, or many. */
  readonly kind: "graph" | "sampling";
  /** Shown without being asked for. */
  readonly isUsual: boolean;
  /** Can be a part of a file. */
  readonly isPortable: boolean;
  readonly settings: readonly {
    readonly name: string;
    readonly about: string;
    readonly takes: string;
    /** All that it takes, where those are a few words. */
    readonly words?: readonly string[];
    readonly fallback: string;
  }[];
}

/** Every question, with what it is asked with and what comes back. */
export interface Questions {
  "list-methods": { asked: null; answer: readonly MethodReport[] };
  "open-model": { asked: OpenModel; answer: OpenedModel };
  "open-picture": { asked: Source; answer: { readonly width: number; readonly height: number } };
  explain: { asked: Explain; answer: Explained };
  convert: {
    asked: Convert;
    answer: { readonly bytes: Uint8Array<ArrayBuffer>; readonly notes: readonly string[] };
  };
}

export type Kind = keyof Questions;

/** To the worker. */
export type Request =
  | { readonly id: number; readonly kind: Kind; readonly asked: Questions[Kind]["asked"] }
  | { readonly id: number; readonly kind: "cancel" }
  /** First of all: the URL of the folder with the engine's files. */
  | { readonly kind: "start"; readonly wasmPaths: string };

/** From the worker. */
export type Reply =
  | {
      readonly id: number;
      readonly kind: "progress";
      readonly done: number;
      readonly total: number;
    }
  | { readonly id: number; readonly kind: "answer"; readonly answer: Questions[Kind]["answer"] }
  | {
      readonly id: number;
      readonly kind: "error";
      readonly name: string;
      readonly message: string;
    };
