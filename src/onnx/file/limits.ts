/**
 * What a file may ask of us. A real model is far below each of these; a file made to exhaust memory is not.
 *
 * @module
 */
import type { Shape } from "../../tensor/shape.js";

/** Messages inside messages. Google's own parsers stop at the same depth; If inside If costs three levels. */
export const MAX_MESSAGE_DEPTH = 100;

/**
 * Messages, strings and byte strings in one file. Two bytes of a file can become an object of a hundred:
 * without a bound, 1 GiB of input asks for 50 GiB of heap. The largest public models hold about 10⁵.
 */
export const MAX_ITEMS = 1_000_000;

/** Bytes of one text. Class lists and stack traces in `doc_string` stay below; V8 itself ends at 2²⁹. */
export const MAX_STRING_BYTES = 1 << 26;

/** Axes of a tensor. PyTorch's own maximum. */
export const MAX_RANK = 64;

/** Elements of one tensor: a typed array of V8 holds no more than 2³³ bytes. */
export const MAX_ELEMENTS = 2 ** 33;

/** Bytes of one file: a protobuf message keeps its lengths in 31 bits. */
export const MAX_FILE_BYTES = 2 ** 31 - 1;

/** Nodes after functions were expanded: functions that call functions twice double at each level. */
export const MAX_INLINED_NODES = 100_000;

/**
 * Names of values, nodes and attributes that expanded functions hold together: a body of many names that is called
 * many times is far larger than the file. Five for each of the nodes above; a ResNet of PyTorch 2.1 comes to 10⁴.
 */
export const MAX_INLINED_NAMES = 500_000;

/**
 * Functions calling functions, and subgraphs inside their bodies. PyTorch's exporter writes three or four levels; what
 * comes out must not be nested deeper than what recursion over subgraphs can walk.
 */
export const MAX_CALL_DEPTH = 64;

/**
 * Characters of the name of a value or node, or of an open extent. Names of emitted nodes begin with those of the
 * model, so that a long one is written many times. PyTorch's longest have a few hundred.
 */
export const MAX_NAME_LENGTH = 4096;

/** Inputs, and outputs, of one node: a Concat of a thousand pieces has been seen. Each costs some emitted nodes. */
export const MAX_NODE_PORTS = 4096;

/**
 * Characters of the symbols in what is known of one value. An open extent becomes a longer symbol with every layer, but
 * x + x twice as long with every Add: thirty of them would ask for gigabytes.
 */
export const MAX_SYMBOL_CHARACTERS = 1 << 16;

/** Why no tensor can have this shape; undefined where one can. Zeros do not excuse the other extents. */
export function shapeProblem(shape: Shape): string | undefined {
  if (shape.length > MAX_RANK) return `${shape.length} dimensions`;
  let elements = 1;
  let characters = 0;
  for (const dim of shape) {
    if (typeof dim === "string") characters += dim.length;
    else if (!Number.isSafeInteger(dim) || dim < 0) return `an extent of ${dim}`;
    else elements *= Math.max(dim, 1);
  }
  if (elements > MAX_ELEMENTS) return `impossible dims [${shape.join(",")}]`;
  return characters > MAX_SYMBOL_CHARACTERS ? "open extents that grow without bound" : undefined;
}
