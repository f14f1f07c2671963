/**
 * Resource limits for untrusted files. Real models stay far below each of them.
 *
 * @module
 */
import type { Shape } from "../../tensor/shape.js";

/** Maximum nesting of messages, the same as in Google's parsers; an If inside an If takes three levels. */
export const MAX_MESSAGE_DEPTH = 100;

/**
 * Maximum messages, strings and byte strings in one file. Two bytes of a file can become an object of a hundred
 * bytes, so 1 GiB of input could need 50 GiB of heap. The largest public models hold about 10⁵.
 */
export const MAX_ITEMS = 1_000_000;

/**
 * Maximum bytes of one string. Class lists and stack traces in `doc_string` stay below it; V8's own limit is 2²⁹.
 */
export const MAX_STRING_BYTES = 1 << 26;

/** Maximum rank of a tensor, the same as PyTorch's. */
export const MAX_RANK = 64;

/** Maximum elements of a tensor; V8's typed arrays hold at most 2³³ bytes. */
export const MAX_ELEMENTS = 2 ** 33;

/** Maximum bytes of a file; protobuf stores message lengths in 31 bits. */
export const MAX_FILE_BYTES = 2 ** 31 - 1;

/** Maximum nodes after function inlining. Functions that call other functions twice double the count per level. */
export const MAX_INLINED_NODES = 100_000;

/**
 * Maximum number of names (values, nodes, attributes) in all inlined functions together. A body with many names that
 * is called many times is far larger than the file. This is five per node; a ResNet from PyTorch 2.1 has 10⁴.
 */
export const MAX_INLINED_NAMES = 500_000;

/**
 * Maximum depth of function calls and of subgraphs in function bodies. PyTorch's exporter uses three or four levels;
 * the inlined graph must not be nested too deeply for recursive passes.
 */
export const MAX_CALL_DEPTH = 64;

/**
 * Maximum characters of a node, value or symbol name. Emitted nodes are prefixed with the model's names, so a long
 * name is repeated many times. PyTorch's longest names have a few hundred characters.
 */
export const MAX_NAME_LENGTH = 4096;

/**
 * Maximum inputs, and outputs, of one node. A Concat of a thousand pieces occurs in practice; each piece costs some
 * emitted nodes.
 */
export const MAX_NODE_PORTS = 4096;

/**
 * Maximum characters of the symbols in one fact. Symbols grow with each layer, and x + x doubles them: thirty Adds in
 * a row would need gigabytes.
 */
export const MAX_SYMBOL_CHARACTERS = 1 << 16;

/**
 * Explains why a shape is invalid; undefined if it is valid. An extent of 0 does not excuse other oversized extents.
 */
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
