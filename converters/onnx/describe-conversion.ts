import { exportModel } from "../../src/onnx/export.js";
import type { ModelProto } from "../../src/onnx/file/schema.js";
import { maskName } from "../../src/target/target-seeds.js";
import type { Target } from "../../src/target/target.js";
import type { Conversion, ConversionOptions } from "./onnx-to-fullgrad-onnx.js";

/** The origin of a converted model. */
export interface Origin {
  /** Version of this package. */
  readonly version: string;
  /** The source's file name, without its folder. */
  readonly file: string;
  readonly sha256: string;
  /** SHA-256 of the external weights, if the model has any. */
  readonly externalSha256?: string | undefined;
}

/**
 * The converted model with a description of each output, and metadata_props `fullgrad.*` that record its method, target
 * and source. The source's metadata are kept.
 */
export function describeConversion(
  conversion: Conversion,
  options: ConversionOptions,
  origin: Origin,
): ModelProto {
  const { graph, outputs, explained } = conversion;
  const metadata = new Map([...graph.metadata, ...entriesOf(conversion, options, origin)]);
  const model = exportModel({ ...graph, metadata });
  const docs = outputs.map((o) => o.about);
  return {
    ...model,
    producerVersion: origin.version,
    docString:
      `${origin.file} with its explanation: "${graph.outputs[0]!.name}" is a saliency map of "${explained.output}". ` +
      "Full-gradients, Srinivas & Fleuret, NeurIPS 2019, https://arxiv.org/abs/1905.00780",
    graph: {
      ...model.graph!,
      output: model.graph!.output!.map((port, i) => ({ ...port, docString: docs[i]! })),
    },
  };
}

function entriesOf(
  { graph, outputs, explained, settings, preprocessing, terms }: Conversion,
  { target = "top", method = "fullgrad", extras = [] }: ConversionOptions,
  origin: Origin,
): [string, string][] {
  const about = outputs.map((o) => [o.name, o.about]);
  return [
    ["fullgrad.version", origin.version],
    ["fullgrad.method", method],
    ["fullgrad.settings", JSON.stringify(settings)],
    ["fullgrad.target", describeTarget(target)],
    ["fullgrad.explained_output", explained.output],
    ["fullgrad.explained_input", explained.input],
    ["fullgrad.inputs", JSON.stringify(graph.inputs.map((i) => i.name))],
    ["fullgrad.outputs", JSON.stringify(Object.fromEntries(about))],
    ["fullgrad.preprocessing", preprocessing ? JSON.stringify(preprocessing) : "none"],
    ...(extras.includes("terms")
      ? [["fullgrad.terms", JSON.stringify(terms)] satisfies [string, string]]
      : []),
    ["fullgrad.source", origin.file],
    ["fullgrad.source_sha256", origin.sha256],
    ...(origin.externalSha256 === undefined
      ? []
      : [["fullgrad.source_external_sha256", origin.externalSha256] satisfies [string, string]]),
  ];
}

/** A mask by its name; its values are in the graph. */
function describeTarget(target: Target): string {
  if (typeof target !== "object") return String(target);
  if ("kind" in target) return target.text;
  return "mask" in target ? maskName(target) : JSON.stringify(target);
}
