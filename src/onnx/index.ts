/**
 * Reads, writes and builds ONNX graphs without a back end.
 *
 * @module
 */
export { decodeModel } from "./file/decode.js";
export { encodeModel } from "./file/encode.js";
export { importModel } from "./import/import.js";
export { exportModel, writeModel } from "./export.js";
export { printGraph } from "./print.js";
export { float, int, ints, text } from "./attribute.js";
export { GraphBuilder } from "./builder.js";
export type { ExternalDataReader } from "./file/external-data.js";
export type * from "./ir.js";
export type * from "./file/schema.js";
