import { UsageError } from "../../errors.js";
import type { Session } from "../../runtime/session.js";
import { isAll } from "../../target/contrast.js";
import type { Target } from "../../target/target.js";
import type { Tensor } from "../../tensor/tensor.js";
import { explainByGraph } from "./explain-by-graph.js";
import { explainBySampling } from "./explain-by-sampling.js";
import type { ExplainRequest, SessionExplanation } from "./explanation.js";
import type { Method } from "./method.js";
import { readSettings } from "./settings.js";

/**
 * A saliency map for each sample of a batch [N,C,H,W], with its score and the method's further results.
 *
 * @throws {UsageError} if a setting is unknown or invalid, or the method needs spatial axes and the input has none
 */
export async function explain(
  session: Session,
  x: Tensor,
  method: Method,
  target: Target,
  request: ExplainRequest = {},
): Promise<SessionExplanation> {
  if (x.dims.length < 3 && method.attributes === "map" && !decomposes(method)) {
    throw new UsageError(
      `${method.name} makes a map, and input "${session.input}" has no spatial axes: fullgrad, gradient or ` +
        "integrated-gradients give the contribution of each element",
    );
  }
  const settings = readSettings(method.name, method.settings, request.settings ?? {});
  const ofAll = isAll(target);
  if (ofAll && !(method.kind === "graph" && method.classMaps)) {
    throw new UsageError(
      `${method.name} explains one class at a time; target all: ${ofAllClasses}`,
    );
  }
  const question = { x, target: session.resolve(target, x), isAll: ofAll, request, settings };
  return method.kind === "graph"
    ? explainByGraph(session.compiler, method, question)
    : explainBySampling(session.compiler, method, question);
}

/** The alternative if another method is asked for all classes. */
export const ofAllClasses = "cam and recipro-cam give the maps of all classes in one pass";

const decomposes = (method: Method): boolean => method.kind === "graph" && method.decomposes;
