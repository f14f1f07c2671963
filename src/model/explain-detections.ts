import { TargetError } from "../errors.js";
import { detectionError, detectionName, isDetection, type Detection } from "../target/detection.js";
import { asContrast } from "../target/contrast.js";
import { concatBatch } from "../tensor/batches.js";
import { float32, type Tensor } from "../tensor/tensor.js";
import type { Model } from "./model.js";
import { detectionQuestion, type ModelDetections } from "./model-detections.js";
import type { Note } from "../methods/core/notes.js";
import {
  targetOf,
  type ExplainOptions,
  type Explanation,
  type Feeds,
  type TargetOptions,
} from "./model-options.js";

/**
 * Explains each detection of the target in turn. The samples of the result are the detections, its output their class
 * scores [D]; undefined if the target is not a detection.
 *
 * @throws {TargetError} if there is no detection, or the target has `versus` or `quantity`
 */
export async function explainDetections(
  detections: ModelDetections,
  x: Tensor,
  options: ExplainOptions,
): Promise<Explanation | undefined> {
  const { of, versus, quantity = "score" } = asContrast(targetOf(options));
  const question = detectionQuestion(of);
  if (!question && !isDetection(of)) return undefined;
  if (versus !== undefined || quantity !== "score") {
    throw new TargetError("a detection is explained by its class score: omit versus and quantity");
  }
  const found = question ? await detections.find(x, question, options.feeds) : [of as Detection];
  if (found.length === 0) {
    throw new TargetError(
      `the model detects nothing with a score of ${question!.threshold} or more`,
    );
  }
  const { feeds = noFeeds } = options;
  const explanations: Explanation[] = [];
  for (const detection of found) {
    options.signal?.throwIfAborted();
    const plain = { ...options, versus: undefined, quantity: undefined };
    explanations.push(
      await detections.ask(x, detection, feeds, (model, picture, target) =>
        model.explain(picture, { ...plain, target, feeds: neededFeeds(model, feeds) }),
      ),
    );
  }
  return joined(explanations, found);
}

/** A single object that identifies requests for the same picture. */
const noFeeds: Feeds = {};

/** @throws {TargetError} if a target is a detection */
export function checkNoDetection(options: TargetOptions): void {
  const { of } = asContrast(targetOf(options));
  const question = detectionQuestion(of);
  if (question) throw detectionError(question);
  if (isDetection(of)) throw detectionError(of);
}

/** The feeds required by a model of another output of the same file. */
function neededFeeds({ analysis }: Model, feeds: Feeds): Feeds {
  const needed = new Set(analysis.part.graph.inputs.map((i) => i.name));
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => needed.has(name)));
}

/** The note with the remedy for a detection. */
function asDetected(note: Note): Note {
  if (note.code !== "probability") return note;
  const message = note.message.replace(
    /option output: .*$/,
    "option target: detections:0.5,logits",
  );
  return { code: note.code, message };
}

function joined(explanations: readonly Explanation[], found: readonly Detection[]): Explanation {
  const [first] = explanations as [Explanation];
  const samples = explanations.map((explanation, i) => ({
    ...explanation.samples[0]!,
    target: detectionName(found[i]!),
    detection: found[i]!,
    notes: explanation.samples[0]!.notes.map(asDetected),
  }));
  const attributions = explanations.flatMap(({ attribution }) =>
    attribution ? [attribution] : [],
  );
  const { target, score, completeness } = samples[0]!;
  return {
    map: concatBatch(explanations.map(({ map }) => map)),
    ...(attributions.length > 0 ? { attribution: concatBatch(attributions) } : {}),
    output: float32(
      [found.length],
      samples.map((sample) => sample.score),
    ),
    samples,
    target,
    score,
    ...(completeness && first.completeness ? { completeness } : {}),
  };
}
