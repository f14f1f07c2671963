import { countQuantizers } from "../analysis/quantizers.js";
import type { Backend } from "../backends/backend.js";
import { UsageError } from "../errors.js";
import type { ModelFile } from "../onnx/file/model-file.js";
import type { Graph } from "../onnx/ir.js";
import type { Analysis } from "../runtime/analyze.js";
import { openReference } from "../runtime/gradient-check/reference.js";
import type { VerifiedSample } from "../runtime/session.js";
import type { Tensor } from "../tensor/tensor.js";
import { targetOf, type VerifyOptions } from "./model-options.js";
import type { Questions } from "./questions.js";

/** The parts of a model that a gradient check needs. */
interface CheckedModel {
  readonly imported: Graph;
  readonly file: ModelFile | undefined;
  readonly backend: Backend;
  readonly analysis: Analysis;
  readonly questions: Questions;
}

/**
 * Decomposes each sample, and compares directional derivatives with central differences of the model's file.
 *
 * @throws {UsageError} if the model rounds: central differences follow the rounding steps, the gradient does not
 */
export function verifyGradient(
  { imported, file, backend, analysis, questions }: CheckedModel,
  x: Tensor,
  options: VerifyOptions,
): Promise<readonly VerifiedSample[]> {
  const { part, form } = analysis.image;
  const quantizers = countQuantizers(part.graph, analysis.registry);
  if (quantizers > 0) {
    throw new UsageError(
      `gradients pass straight through ${quantizers} rounding nodes of this model, where central differences follow ` +
        "steps: verify without option gradient, or check the gradient of the float model",
    );
  }
  const { gradient } = options;
  const directions = typeof gradient === "object" ? gradient : {};
  return questions.ask(x, options, async (session, image, feeds) => {
    const given = new Set([...feeds.keys(), session.input]);
    const sizes = analysis.sizes({ x: image, feeds });
    const reference = await openReference(backend, {
      ...{ file, imported, part, form, given },
      prepared: () => session.graph,
      known: () => analysis.known(sizes),
    });
    try {
      return await session.verifyGradient(image, targetOf(options), reference, directions, feeds);
    } finally {
      await reference.executable.dispose();
    }
  });
}
