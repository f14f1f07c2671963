/**
 * Typed errors for every fault in a model, an image or a flag. Each message names the culprit and the way out.
 *
 * @module
 */

/** Longest message, in characters. Messages quote the input file, which may contain a name of 64 MiB. */
const longestMessage = 1 << 16;

/**
 * Base class of every error that this library throws on purpose. Subclasses set `name` as a string because bundlers
 * minify class names.
 */
export class FullgradError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(clip(message), options);
    this.name = new.target.name;
  }
}

function clip(message: string): string {
  const rest = message.length - longestMessage;
  return rest > 0 ? `${message.slice(0, longestMessage)} … (${rest} characters more)` : message;
}

/** The bytes are not a valid ONNX model: truncated, malformed, or another file format. */
export class ModelFormatError extends FullgradError {
  override name = "ModelFormatError";
}

/** An external data file of the model is missing, too short, or outside the model's folder. */
export class ExternalDataError extends FullgradError {
  override name = "ExternalDataError";
}

/** Shapes or dtypes of a node contradict the operator's definition. */
export class ShapeError extends FullgradError {
  override name = "ShapeError";
  /** The node that the message names. */
  readonly node: string | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly node?: string }) {
    super(message, options);
    this.node = options?.node;
  }
}

/** A node that the library cannot differentiate, with the reason. */
export interface UnsupportedNode {
  readonly node: string;
  readonly op: string;
  readonly opset: number;
  readonly reason: string;
}

/** A value of a model that can be explained. */
export interface ExplainableValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  /** The target expressions that this value accepts, as text for messages. */
  readonly targets: string;
}

/** The model contains unsupported operators. Lists all of them, and the values that can be explained instead. */
export class UnsupportedModelError extends FullgradError {
  override name = "UnsupportedModelError";
  readonly holes: readonly UnsupportedNode[];
  /** Values upstream of the unsupported operators; each can be chosen as the output. */
  readonly instead: readonly ExplainableValue[];

  constructor(holes: readonly UnsupportedNode[], instead: readonly ExplainableValue[] = []) {
    const lines = holes.map((h) => `  ${h.op} (node "${h.node}", opset ${h.opset}): ${h.reason}`);
    const nodes = holes.length === 1 ? "1 node" : `${holes.length} nodes`;
    super([`${nodes} cannot be explained`, ...lines, ...insteadLines(instead)].join("\n"));
    this.holes = holes;
    this.instead = instead;
  }
}

/** A heading and one line per explainable value; empty if `instead` is empty. */
export function insteadLines(instead: readonly ExplainableValue[]): readonly string[] {
  if (instead.length === 0) return [];
  return [
    "These values can be explained; name one as the output (--output):",
    ...instead.map(
      ({ name, shape, targets }) => `  "${name}" [${shape.join(",")}], target ${targets}`,
    ),
  ];
}

/** The requested scalar does not exist: unknown output, class index or label. */
export class TargetError extends FullgradError {
  override name = "TargetError";
}

/** An input does not fit the model, or its file cannot be read: wrong shape, dtype or format. */
export class InputError extends FullgradError {
  override name = "InputError";
}

/** A layout such as "NHWC" does not fit the input, or the input's layout is unknown. */
export class LayoutError extends InputError {
  override name = "LayoutError";
}

/** The image cannot be decoded or preprocessed. */
export class ImageError extends InputError {
  override name = "ImageError";
}

/** The back end that runs the graph failed or is not available. */
export class BackendError extends FullgradError {
  override name = "BackendError";
}

/** The graph's tensors would take more memory than the limit allows. */
export class MemoryLimitError extends FullgradError {
  override name = "MemoryLimitError";
}

/** A model was used after its `dispose()`. */
export class DisposedError extends FullgradError {
  override name = "DisposedError";
}

/** The command line is invalid: unknown flag, bad flag value, or missing argument. */
export class UsageError extends FullgradError {
  override name = "UsageError";
}

/** Most names that a message suggests. */
const mostSuggested = 3;

/**
 * ` (did you mean "grad-cam"?)` if known names resemble the unknown one, else "". Letter case and punctuation do not
 * count. A name resembles another if one contains the other, or if few letters of it, of its beginning or of the last
 * part of its path differ.
 */
export function didYouMean(unknown: string, known: Iterable<string>): string {
  const near = [...new Set(known)]
    .map((name) => ({ name, cost: differenceOf(unknown, name) }))
    .filter(({ cost }) => cost < Infinity)
    .sort((a, b) => a.cost - b.cost);
  const close = near.filter(({ cost }) => cost < near[0]!.cost + 1).slice(0, mostSuggested);
  const list = close.map(({ name }) => `"${name}"`).join(" or ");
  return list === "" ? "" : ` (did you mean ${list}?)`;
}

/** Edits between two names; Infinity if they do not resemble each other. */
function differenceOf(unknown: string, name: string): number {
  const [a, whole, last] = [unknown, name, name.replace(/^.*[/.]/s, "")].map(keyOf);
  // Names of a model's values may be as long as its file.
  if (!a || !whole || Math.max(a.length, whole.length) > 256) return Infinity;
  if (Math.min(a.length, whole.length) >= 3 && (whole.includes(a) || a.includes(whole))) {
    return 1 + Math.abs(a.length - whole.length) / 256;
  }
  const allowed = Math.max(1, a.length / 3);
  const { all, beginning } = edits(a, whole);
  if (all <= allowed && all < a.length) return all;
  const part = Math.min(beginning, last ? edits(a, last).all : Infinity);
  return a.length >= 4 && part <= a.length / 3 ? part + 1 : Infinity;
}

const keyOf = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Insertions, deletions, substitutions and swaps of neighbours from `a` to all of `b`, and to a beginning of it. */
function edits(a: string, b: string): { readonly all: number; readonly beginning: number } {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const changed = rows[i - 1]![j - 1]! + (isSame ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? rows[i - 2]![j - 2]! + 1 : Infinity;
      rows[i]!.push(Math.min(changed, swapped, rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1));
    }
  }
  const row = rows[a.length]!;
  return { all: row[b.length]!, beginning: Math.min(...row) };
}
