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
    "These values can be explained; name one as the output (option output):",
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
