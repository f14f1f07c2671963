import type { Preprocessing } from "../image/preprocess.js";
import { InputError } from "../errors.js";
import { sizeOf } from "../tensor/shape.js";
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

/** The extents of a subject's `x`: a signal is one row, and the slices of a volume lie one above the other. */
export interface Extent {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Pixels of one channel. */
  readonly pixels: number;
}

export function extentOf({ x }: Subject): Extent {
  const [, channels = 0, ...spatial] = x.dims;
  const pixels = sizeOf(spatial);
  const width = spatial.at(-1) ?? 1;
  return { channels, height: pixels / width, width, pixels };
}

/** The same for tests that look at a pixel's neighbours. @throws {InputError} where the image has slices or frames */
export function planeOf(subject: Subject): Extent {
  const { dims } = subject.x;
  if (dims.length <= 4) return extentOf(subject);
  throw new InputError(
    `${subject.name}: this test compares neighbours in a plane, and [${dims.slice(2).join(",")}] is none; ` +
      "pixel-perturbation and insertion-deletion take volumes and videos",
  );
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
