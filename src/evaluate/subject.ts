import type { Preprocessing } from "../image/preprocess.js";
import { float32, toNumbers, type Tensor } from "../tensor/tensor.js";

/** A box in the picture as the network sees it, in its pixels; right and bottom lie outside. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** One image that maps are judged on. */
export interface Subject {
  /** As records call it: its path in the folder of images. */
  readonly name: string;
  /** [1,C,H,W] float32, as the network takes it. */
  readonly x: Tensor<"float32">;
  /** The class that is explained and whose score is measured. */
  readonly target: number;
  /** Made of the image's content, so that random choices do not depend on the order of the images. */
  readonly seed: number;
  /** How bytes of a picture became the numbers in `x`: what black is, for one. */
  readonly preprocessing: Preprocessing;
  /** Where the target is, if that is known. */
  readonly boxes?: readonly Box[];
}

/** The extents of a subject's `x`. */
export interface Extent {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Pixels of one channel. */
  readonly pixels: number;
}

export function extentOf({ x }: Subject): Extent {
  const [, channels = 0, height = 0, width = 0] = x.dims;
  return { channels, height, width, pixels: height * width };
}

/** The subject with other numbers in `x`. */
export function withNumbers(subject: Subject, data: Float32Array): Subject {
  return { ...subject, x: float32(subject.x.dims, data) };
}

/** The maps of a batch [N,1,H,W], one by one. */
export function mapsOf(maps: Tensor): Float32Array[] {
  const count = maps.dims[0]!;
  const all = Float32Array.from(toNumbers(maps));
  const size = all.length / count;
  return Array.from({ length: count }, (_, n) => all.subarray(n * size, (n + 1) * size));
}

/** Something that makes saliency maps: a method with its settings, or a baseline. */
export interface MapMaker {
  /** "fullgrad", "integrated-gradients:steps=20", "random" */
  readonly name: string;
  /** A baseline knows nothing of the network. */
  readonly isBaseline: boolean;
  /** A map [H·W] of each subject, for its target. */
  maps(subjects: readonly Subject[]): Promise<readonly Float32Array[]>;
}
