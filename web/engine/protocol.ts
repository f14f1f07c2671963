/**
 * The requests of the page to the worker, and the replies. All of it is structured-cloneable data.
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

/** A file of the user's, or a bundled one. */
export type Source = File | { readonly name: string; readonly url: string };

export type Provider = "wasm" | "webgpu";

/** The options for opening a model, as for `load`. */
export interface ModelSettings {
  readonly provider: Provider;
  readonly input?: string;
  readonly output?: string;
  readonly size?: readonly [height: number, width: number];
}

export interface OpenModel {
  readonly file: Source;
  /** Weight files, by name. */
  readonly beside: readonly File[];
  readonly settings: ModelSettings;
}

export interface OpenedModel {
  readonly inspection: Inspection;
  readonly bytes: number;
  readonly threads: number;
  /** The kind of output, for targets; absent if nothing can be explained. */
  readonly output?: {
    readonly name: string;
    readonly shape: Shape;
    readonly classes: number | undefined;
    /** A description of the accepted targets. */
    readonly words: string;
  };
}

/** The score to explain, of the open picture. */
export interface Question {
  readonly target: string | number;
  /** A class whose score is subtracted. */
  readonly versus?: number;
  readonly preprocessing: Preprocessing;
  /** Values of the model's other inputs: .npy files by input name. */
  readonly feeds: Readonly<Record<string, File>>;
}

export interface Explain extends Question {
  readonly method: string;
  /** The method's non-default settings. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A term of the score. */
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
  /** The network's input as a picture. */
  readonly view: Raster;
  readonly target: number | string;
  readonly versus?: number;
  readonly score: number;
  /** The model's output, one value per class; only for classifiers. */
  readonly scores?: readonly number[];
  /** Only for methods that decompose the score, as are the terms; the input term comes first. */
  readonly completeness?: Completeness;
  readonly parts?: readonly Part[];
  readonly info: Readonly<Record<string, number | string>>;
  /** Warnings about the map. */
  readonly notes: readonly Note[];
  readonly seconds: number;
}

/**
 * The map of each part of the score, in the order of the parts and at the size of its layer; undefined for a part without
 * spatial positions.
 */
export type PartMaps = readonly (Tensor<"float32"> | undefined)[];

export interface Convert {
  readonly method: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly target: string | number;
}

/** A method of src/methods/all.ts. */
export interface MethodReport {
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly signed: boolean;
  /** Whether it needs one pass or many. */
  readonly kind: "graph" | "sampling";
  /** Whether it is shown by default. */
  readonly isUsual: boolean;
  /** Whether it can be exported to a file. */
  readonly isPortable: boolean;
  readonly settings: readonly {
    readonly name: string;
    readonly about: string;
    readonly takes: string;
    /** All accepted values, if they are a few keywords. */
    readonly words?: readonly string[];
    readonly fallback: string;
  }[];
}

/** Every request, with the types of its argument and its reply. */
export interface Questions {
  "open-model": { asked: OpenModel; answer: OpenedModel };
  "open-picture": { asked: Source; answer: { readonly width: number; readonly height: number } };
  explain: { asked: Explain; answer: Explained };
  "map-parts": { asked: Question; answer: PartMaps };
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
  /** The first message: the URL of the folder with the engine's files. */
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
