import type { Preprocessing } from "../image/preprocess.js";
import { InputError } from "../errors.js";
import { sizeOf } from "../tensor/shape.js";
import { float32, toNumbers, type Tensor } from "../tensor/tensor.js";

/** A box in pixels of the network's input; right and bottom are exclusive. */
export interface ObjectBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** One image on which maps are evaluated. */
export interface Subject {
  /** Its name in records: its path in the folder of images. */
  readonly name: string;
  /** [1,C,H,W] float32, the network's input. */
  readonly x: Tensor<"float32">;
  /** The class that is explained and scored. */
  readonly target: number;
  /** The class whose score is subtracted in what is explained, not in what is scored. */
  readonly versus?: number;
  /** A hash of the image's content, so that random choices do not depend on the order of the images. */
  readonly seed: number;
  /** The preprocessing from picture bytes to `x`; it defines, for example, the value of black. */
  readonly preprocessing: Preprocessing;
  /** The target's location, if known. */
  readonly boxes?: readonly ObjectBox[];
}

/** The extents of a subject's `x`: a signal is one row, and the slices of a volume are stacked vertically. */
export interface Extent {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** The number of pixels of one channel. */
  readonly pixels: number;
}

export function extentOf({ x }: Subject): Extent {
  const [, channels = 0, ...spatial] = x.dims;
  const pixels = sizeOf(spatial);
  const width = spatial.at(-1) ?? 1;
  return { channels, height: pixels / width, width, pixels };
}

/** The same for tests that use a pixel's neighbours. @throws {InputError} if the image has slices or frames */
export function planeOf(subject: Subject): Extent {
  const { dims } = subject.x;
  if (dims.length <= 4) return extentOf(subject);
  throw new InputError(
    `${subject.name}: this test compares neighbours in a plane, and the spatial shape is [${dims.slice(2).join(",")}]; ` +
      "pixel-perturbation and insertion-deletion accept volumes and videos, with any fill but linear",
  );
}

/** The subject with `x` replaced. */
export function withNumbers(subject: Subject, data: Float32Array): Subject {
  return { ...subject, x: float32(subject.x.dims, data) };
}

/** The maps of a batch [N,1,H,W], one per sample. */
export function mapsOf(maps: Tensor): Float32Array[] {
  const count = maps.dims[0]!;
  const all = Float32Array.from(toNumbers(maps));
  const size = all.length / count;
  return Array.from({ length: count }, (_, n) => all.subarray(n * size, (n + 1) * size));
}

/** A source of saliency maps: a method with its settings, or a baseline. */
export interface Explainer {
  /** "fullgrad", "integrated-gradients:steps=20", "random" */
  readonly name: string;
  /** Whether it is a baseline, which ignores the network. */
  readonly isBaseline: boolean;
  /** A map [H·W] for each subject and its target. */
  maps(subjects: readonly Subject[]): Promise<readonly Float32Array[]>;
}
