/**
 * What a file may ask of us. A real model is far below each of these; a file made to exhaust memory is not.
 *
 * @module
 */

/** Messages inside messages. Google's own parsers stop at the same depth; If inside If costs three levels. */
export const MAX_MESSAGE_DEPTH = 100;

/**
 * Messages, strings and byte strings in one file. Two bytes of a file can become an object of a hundred:
 * without a bound, 1 GiB of input asks for 50 GiB of heap. The largest public models hold about 10⁵.
 */
export const MAX_ITEMS = 4_000_000;

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

/** Functions calling functions. PyTorch's exporter writes three or four levels. */
export const MAX_CALL_DEPTH = 64;
