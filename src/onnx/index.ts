/**
 * Reading, writing and building ONNX graphs, without an engine.
 *
 * @module
 */
export { decodeModel } from "./decode.js";
export { encodeModel } from "./encode.js";
export { importModel } from "./import.js";
export { exportModel, writeModel } from "./export.js";
export { printGraph } from "./print.js";
export { GraphBuilder, float, int, ints, text } from "./builder.js";
export type { ExternalDataReader } from "./external-data.js";
export type * from "./ir.js";
export type * from "./schema.js";
