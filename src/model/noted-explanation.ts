import { countQuantizers } from "../analysis/quantizers.js";
import type { SessionExplanation } from "../methods/core/explanation.js";
import type { Method } from "../methods/core/method.js";
import { withNotes } from "../methods/core/notes.js";
import type { Graph } from "../onnx/ir.js";
import type { Analysis } from "../runtime/analyze.js";
import { asContrast } from "../target/contrast.js";
import { squashingOf } from "../target/ports.js";
import type { Tensor } from "../tensor/tensor.js";
import { targetOf, type Explanation, type TargetOptions } from "./model-options.js";

/** A session's explanation with the notes of each sample; the attribution has the shape of `x`. */
export function notedExplanation(
  explanation: SessionExplanation,
  method: Method,
  x: Tensor,
  options: TargetOptions,
  { imported, analysis }: { readonly imported: Graph; readonly analysis: Analysis },
): Explanation {
  const { graph, output } = analysis.part;
  const isScore = asContrast(targetOf(options)).quantity !== "log-probability";
  const squashing = isScore ? squashingOf(imported, output) : undefined;
  const quantizers = countQuantizers(graph, analysis.registry);
  const { attribution } = explanation;
  const { target, score, completeness } = explanation.samples[0]!;
  return {
    ...explanation,
    ...(attribution ? { attribution: analysis.image.form.likeInput(attribution, x) } : {}),
    samples: withNotes(explanation, method, x, { squashing, quantizers }),
    target,
    score,
    ...(completeness ? { completeness } : {}),
  };
}
