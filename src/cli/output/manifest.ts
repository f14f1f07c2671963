import { isDeepStrictEqual } from "node:util";
import type { ImageAxes } from "../../analysis/image-axes.js";
import type { BiasReport } from "../../runtime/inspection-report.js";
import type { Completeness } from "../../decomposition/completeness.js";
import type { Note } from "../../methods/core/notes.js";
import type { TermSum } from "../../runtime/samples.js";
import type { BiasKind } from "../../ops/core/spec.js";
import type { BoxCorners, ScoreElement } from "../../target/detection.js";
import type { Versions } from "../package-files.js";
import type { Prediction } from "../../model/predictions.js";
import type { Digests } from "./result-digests.js";

/** Everything that determines a result. */
export interface Provenance {
  readonly versions: Versions;
  readonly model: {
    readonly path: string;
    readonly sha256: string;
    readonly externalSha256?: string;
  };
  readonly input: {
    readonly path: string;
    readonly sha256: string;
    /** Its place in a .npy file with several. */
    readonly sample?: number;
  };
  readonly settings: Readonly<Record<string, unknown>>;
  /** The roles of the input's axes. */
  readonly image?: ImageAxes;
}

/** The names of a result's files in the output folder. */
export interface ResultFiles {
  /** Not of a vector. Where --target is all, the maps of all classes, [K,h,w] at the size of the layer. */
  readonly map?: string;
  readonly overlay?: string;
  readonly heatmap?: string;
  /** Of methods that attribute to the input: a number for each of its elements, before they are added to the map. */
  readonly attribution?: string;
  readonly manifest: string;
}

/** An object that a detector found. */
export interface DetectionReport {
  readonly class: number;
  readonly score: number;
  /** Left, top, right and bottom in pixels of the picture as it is in the file, upright. */
  readonly box: BoxCorners;
  /** The same in pixels of the network's input. */
  readonly inputBox: BoxCorners;
  /** The number that is explained: the class score that the row was chosen with. */
  readonly from: ScoreElement;
}

/** The outcome for one sample. */
export interface SampleOutcome {
  /** A class, or the words of a target of another kind. */
  readonly target: number | string;
  readonly label: string | null;
  /** Where the target is a detection. */
  readonly detection?: DetectionReport;
  /** The class whose number was subtracted. */
  readonly versus?: number;
  readonly versusLabel?: string | null;
  /** Where --target is top5 or detections: its place among them, from 1. */
  readonly rank?: number;
  readonly score: number;
  readonly probability?: number;
  /** Whose probability: the model's own output, or softmax of it. */
  readonly probabilityFrom?: "output" | "softmax";
  readonly top5: readonly Prediction[];
  /** Only of methods that decompose the score, as are the terms. */
  readonly completeness?: Completeness;
  /** True if no problem is known: the terms, if any, add up to the score. */
  readonly complete: boolean;
  /** Further results of the method. */
  readonly info?: Readonly<Record<string, number | string>>;
  /** Caveats about the map; usually empty. */
  readonly notes: readonly Note[];
  /** The reason why no picture was drawn. */
  readonly problem?: string;
  /** Run time per sample; the first ones include compilation. */
  readonly seconds: number;
  readonly files: ResultFiles;
  /** Of the files beside the manifest, so that a damaged result is made anew. */
  readonly digests: Digests;
  /** The terms with the largest absolute sums. */
  readonly largestTerms?: readonly TermReport[];
  readonly leftOut?: LeftOut;
  readonly batchNorm: BatchNormCase;
}

export type Manifest = Provenance & SampleOutcome;

export interface TermReport {
  readonly node: string;
  readonly op: string;
  readonly kind: BiasKind;
  readonly value: number;
  readonly spatial: boolean;
}

export function termReports(terms: readonly TermSum[]): TermReport[] {
  return terms.map(({ unit: { node, op, kind, spatial }, value }) => ({
    node,
    op,
    kind,
    value,
    spatial,
  }));
}

/** Terms that are not finite first, then by absolute value. */
export function largestTerms(terms: readonly TermReport[], count: number): TermReport[] {
  const size = ({ value }: TermReport): number =>
    Number.isFinite(value) ? Math.abs(value) : Infinity;
  return terms.toSorted((a, b) => (size(a) === size(b) ? 0 : size(b) - size(a))).slice(0, count);
}

/** Terms without a position in the image, which are missing from the map. */
export interface LeftOut {
  readonly count: number;
  /** The absolute values of their sums, as a part of all terms' and the input's. */
  readonly share: number;
  /** The largest first. */
  readonly terms: readonly (Omit<TermReport, "spatial"> & { readonly share: number })[];
}

export function leftOut(terms: readonly TermReport[], mass: number): LeftOut {
  const shareOf = (value: number): number => (value === 0 ? 0 : Math.abs(value) / mass);
  const outside = terms.filter((t) => !t.spatial);
  return {
    count: outside.length,
    share: shareOf(outside.reduce((sum, t) => sum + Math.abs(t.value), 0)),
    terms: largestTerms(outside, outside.length).map(({ node, op, kind, value }) => ({
      node,
      op,
      kind,
      value,
      share: shareOf(value),
    })),
  };
}

/** Whether the biases of convolutions and of their BatchNormalizations are one term or two. */
export interface BatchNormCase {
  /** Convolutions with a folded BatchNormalization, without one, and those for which the file does not say. */
  readonly folded: number;
  readonly notFolded: number;
  readonly unknown: number;
  /** BatchNormalizations that stay in the graph. */
  readonly separate: number;
  readonly note: string;
}

export function batchNormCase(biases: readonly BiasReport[]): BatchNormCase {
  const count = (wanted: string): number => biases.filter((b) => b.batchNorm === wanted).length;
  const [folded, notFolded, unknown] = [count("folded"), count("not-folded"), count("unknown")];
  const separate = biases.filter((b) => b.kind === "batch-norm").length;
  const parts: string[] = [];
  if (folded > 0) {
    parts.push(
      `${plural(folded, "convolution")} with a BatchNormalization folded in, one combined term each ` +
        "(the same as two where the convolution had no bias of its own)",
    );
  }
  if (separate > 0) {
    const own = separate === 1 ? "a term of its own" : "terms of their own";
    parts.push(`${plural(separate, "BatchNormalization")} in the graph, ${own}`);
  }
  if (unknown > 0) {
    parts.push(`${plural(unknown, "convolution")} with unknown folding`);
  }
  return {
    folded,
    notFolded,
    unknown,
    separate,
    note: parts.join("; ") || "no BatchNormalization",
  };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * The manifest in `text`, if it tells of the same result: same versions, same model, same input, same settings.
 * Names of model and input, Node's version, threads and batch make no difference.
 */
export function finished(text: string | undefined, wanted: Provenance): Manifest | undefined {
  if (text === undefined) return undefined;
  try {
    // Manifests written before there were notes have none.
    const manifest = JSON.parse(text) as Omit<Manifest, "notes"> & Partial<Pick<Manifest, "notes">>;
    const isSame = isDeepStrictEqual(identity(manifest), identity(wanted));
    return isSame ? { ...manifest, notes: manifest.notes ?? [] } : undefined;
  } catch {
    return undefined;
  }
}

function identity({ versions, model, input, image, settings }: Provenance): unknown {
  const { fullgrad, onnxruntime, tfjs } = versions;
  const what = {
    versions: { fullgrad, onnxruntime, tfjs },
    model: { ...model, path: "" },
    input: { ...input, path: "" },
    layout: image?.layout,
    settings: { ...settings, threads: 0, batch: 0 },
  };
  return JSON.parse(JSON.stringify(what));
}
