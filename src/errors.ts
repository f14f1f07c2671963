/**
 * Everything that a model, an image or a flag can get wrong. Each error names the culprit and the way out.
 *
 * @module
 */

/** Characters of a message. What it quotes is the file's, which may hold a name of 64 MiB. */
const longestMessage = 1 << 16;

/**
 * Base class: every error that this library throws on purpose is one of these. Those below say their
 * names in words, because names of classes do not survive a bundler that makes scripts small.
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

/** The bytes are not an ONNX model: truncated, malformed, or something else altogether. */
export class ModelFormatError extends FullgradError {
  override name = "ModelFormatError";
}

/** A file that the model refers to is missing, too short, or lies outside the model's folder. */
export class ExternalDataError extends FullgradError {
  override name = "ExternalDataError";
}

/** Shapes or dtypes of a node do not fit the operator's definition. */
export class ShapeError extends FullgradError {
  override name = "ShapeError";
  /** The node that the message names. */
  readonly node: string | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly node?: string }) {
    super(message, options);
    this.node = options?.node;
  }
}

/** One operator of the model for which no rule exists. */
export interface Hole {
  readonly node: string;
  readonly op: string;
  readonly opset: number;
  readonly reason: string;
}

/** A value of a model that can be explained. */
export interface ExplainableValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  /** The targets that it has, in words. */
  readonly targets: string;
}

/** The model holds operators that cannot be explained; all of them are listed at once, and what could be explained. */
export class UnsupportedModelError extends FullgradError {
  override name = "UnsupportedModelError";
  readonly holes: readonly Hole[];
  /** Values before those operators, which can be chosen as the output. */
  readonly instead: readonly ExplainableValue[];

  constructor(holes: readonly Hole[], instead: readonly ExplainableValue[] = []) {
    const lines = holes.map((h) => `  ${h.op} (node "${h.node}", opset ${h.opset}): ${h.reason}`);
    const nodes = holes.length === 1 ? "1 node" : `${holes.length} nodes`;
    super([`${nodes} cannot be explained`, ...lines, ...insteadLines(instead)].join("\n"));
    this.holes = holes;
    this.instead = instead;
  }
}

/** "These values can be explained …", a line for each; nothing where there are none. */
export function insteadLines(instead: readonly ExplainableValue[]): readonly string[] {
  if (instead.length === 0) return [];
  return [
    "These values can be explained; name one as the output (--output):",
    ...instead.map(
      ({ name, shape, targets }) => `  "${name}" [${shape.join(",")}], target ${targets}`,
    ),
  ];
}

/** The scalar to explain does not exist: no such output, class index, or label. */
export class TargetError extends FullgradError {
  override name = "TargetError";
}

/** An input does not fit: its shape, its dtype, or the file it should be read from. */
export class InputError extends FullgradError {
  override name = "InputError";
}

/** A layout such as "NHWC" does not fit the input, or none is known. */
export class LayoutError extends InputError {
  override name = "LayoutError";
}

/** The image cannot be decoded or preprocessed. */
export class ImageError extends InputError {
  override name = "ImageError";
}

/** The engine that runs the graph failed or is not available. */
export class BackendError extends FullgradError {
  override name = "BackendError";
}

/** A command line that makes no sense: unknown flag value, missing argument. */
export class UsageError extends FullgradError {
  override name = "UsageError";
}
