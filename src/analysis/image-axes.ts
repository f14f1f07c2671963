import { LayoutError } from "../errors.js";

/** The meaning of each axis of an image input. Plain data. */
export interface ImageAxes {
  /**
   * A letter for each axis, outermost first: N samples, C channels, all others spatial: H, W and D height, width and
   * depth, T time, F frequency, L length, P patches. "NHWC", "NFT", "CHW".
   */
  readonly layout: string;
  /** The axis of the samples; undefined if the input is one sample. */
  readonly batch: number | undefined;
  /** The axis of the channels; undefined if each position has one number. */
  readonly channels: number | undefined;
  /** The spatial axes, which are those of a map, outermost first; empty for a vector. */
  readonly spatial: readonly number[];
  /** The source of this information: "by the Transpose before conv1", "by option layout". */
  readonly because: string;
}

/** The letters of a layout with their meanings. */
const letters: Readonly<Record<string, string>> = {
  N: "samples",
  C: "channels",
  H: "height",
  W: "width",
  D: "depth",
  T: "time",
  F: "frequency",
  L: "length",
  P: "patches",
};

/**
 * Parses a layout such as "NHWC".
 *
 * @param shape the shape of the input; the layout needs one letter per axis
 * @throws {LayoutError} if letters are unknown, missing or repeated
 */
export function parseLayout(layout: string, shape: readonly (number | string)[]): ImageAxes {
  const names = layout.toUpperCase();
  const unknown = Array.from(names).filter((letter) => !Object.hasOwn(letters, letter));
  const repeated = Array.from(names).find((letter, i) => names.indexOf(letter) !== i);
  const known = Object.entries(letters).map(([letter, meaning]) => `${letter} ${meaning}`);
  const refuse = (why: string): LayoutError =>
    new LayoutError(`layout ${layout}: ${why}; one letter per axis: ${known.join(", ")}`);
  if (unknown.length > 0) throw refuse(`unknown letter ${unknown.join(", ")}`);
  if (repeated !== undefined) throw refuse(`${repeated} occurs twice`);
  if (names.length !== shape.length) {
    throw refuse(`${names.length} letters for the ${shape.length} axes of [${shape.join(",")}]`);
  }
  return axesOf(names, "by option layout");
}

/** The axes of a valid layout. */
export function axesOf(layout: string, because: string): ImageAxes {
  const at = (letter: string): number | undefined =>
    layout.includes(letter) ? layout.indexOf(letter) : undefined;
  const spatial = Array.from(layout).flatMap((letter, i) => ("NC".includes(letter) ? [] : [i]));
  return { layout, batch: at("N"), channels: at("C"), spatial, because };
}

/** "[N,H,W,C], by the Transpose before conv1" */
export const describeAxes = ({ layout, because }: ImageAxes): string =>
  `[${Array.from(layout).join(",")}], ${because}`;

/** The axes with the first one as parts of a single sample: the patches of a bag, frames. */
export const asBag = (axes: ImageAxes, output: string): ImageAxes =>
  withoutSamples(axes, (whole) => `output "${output}" has one row for all of [${whole}]`);

/** The axes of a single sample, because its parts along the axis of the batch mix in the output. */
export const asOneSample = (axes: ImageAxes, output: string): ImageAxes =>
  withoutSamples(axes, (whole) => `the rows of [${whole}] mix in output "${output}"`);

/** The axes with the samples on another one, where they do not mix. */
export function withSamplesOn(axes: ImageAxes, axis: number): ImageAxes {
  const own = Array.from(axes.layout);
  own[axes.batch!] = own[axis]!;
  own[axis] = "N";
  return axesOf(own.join(""), `${axes.because}; samples do not mix along axis ${axis}`);
}

function withoutSamples(axes: ImageAxes, why: (whole: string) => string): ImageAxes {
  const letter = Array.from("PT").find((l) => !axes.layout.includes(l)) ?? "L";
  const layout = axes.layout.replace("N", letter);
  return axesOf(layout, `${axes.because}; ${why(Array.from(layout).join(","))}`);
}
