import { LayoutError } from "../errors.js";

/** What each axis of an image input is. A plain value. */
export interface ImageAxes {
  /**
   * A letter for each axis, outermost first: N samples, C channels, all others spatial: H, W and D height, width and
   * depth, T time, F frequency, L length, P patches. "NHWC", "NFT", "CHW".
   */
  readonly layout: string;
  /** The axis of the samples; undefined where the input is one sample. */
  readonly batch: number | undefined;
  /** The axis of the channels; undefined where each position has one number. */
  readonly channels: number | undefined;
  /** The axes that a map has, outermost first; empty for a vector. */
  readonly spatial: readonly number[];
  /** How it is known: "by the Transpose before conv1", "by --layout". */
  readonly because: string;
}

/** The letters of a layout, with the meaning of each. */
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
 * The axes that a layout such as "NHWC" names.
 *
 * @param shape of the input, for the number of its axes
 * @throws {LayoutError} where letters are unknown, missing or repeated
 */
export function parseLayout(layout: string, shape: readonly (number | string)[]): ImageAxes {
  const names = layout.toUpperCase();
  const unknown = Array.from(names).filter((letter) => !Object.hasOwn(letters, letter));
  const repeated = Array.from(names).find((letter, i) => names.indexOf(letter) !== i);
  const known = Object.entries(letters).map(([letter, meaning]) => `${letter} ${meaning}`);
  const refuse = (why: string): LayoutError =>
    new LayoutError(`layout ${layout}: ${why}; a letter for each axis: ${known.join(", ")}`);
  if (unknown.length > 0) throw refuse(`unknown letter ${unknown.join(", ")}`);
  if (repeated !== undefined) throw refuse(`${repeated} is there twice`);
  if (names.length !== shape.length) {
    throw refuse(`${names.length} letters for the ${shape.length} axes of [${shape.join(",")}]`);
  }
  return axesOf(names, "by --layout");
}

/** The axes that the letters name. */
export function axesOf(layout: string, because: string): ImageAxes {
  const at = (letter: string): number | undefined =>
    layout.includes(letter) ? layout.indexOf(letter) : undefined;
  const spatial = Array.from(layout).flatMap((letter, i) => ("NC".includes(letter) ? [] : [i]));
  return { layout, batch: at("N"), channels: at("C"), spatial, because };
}

/** "[N,H,W,C], by the Transpose before conv1" */
export const describeAxes = ({ layout, because }: ImageAxes): string =>
  `[${Array.from(layout).join(",")}], ${because}`;
