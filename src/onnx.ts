/**
 * `fullgrad/onnx`: reads, builds, differentiates and writes ONNX graphs without an engine, and defines operators.
 *
 * @module
 */
export { differentiate, type Gradients } from "./autodiff/differentiate.js";
export { activePath, type ActivePath } from "./analysis/active-path.js";
export { float, int, ints, text } from "./onnx/attribute.js";
export { GraphBuilder, type InferNode } from "./onnx/builder.js";
export { exportModel, writeModel } from "./onnx/export.js";
export { decodeModel } from "./onnx/file/decode.js";
export { encodeModel } from "./onnx/file/encode.js";
export type { ExternalDataReader } from "./onnx/file/external-data.js";
export type * from "./onnx/file/schema.js";
export { importModel } from "./onnx/import/import.js";
export type * from "./onnx/ir.js";
export { printGraph } from "./onnx/print.js";
export { registry } from "./ops/all.js";
export { channelAxes, noAxes, sameAxes, spatialAxes } from "./ops/core/axis-mapping.js";
export { byDefinition } from "./ops/core/by-definition.js";
export { noAttrs, type NoAttrs } from "./ops/core/heads.js";
export { AttributeReader } from "./ops/core/attributes.js";
export type { NodeView } from "./ops/core/node-view.js";
export { Registry } from "./ops/core/registry.js";
export type * from "./ops/core/spec.js";
export { prepare } from "./passes/prepare.js";
