import { probabilitiesOf } from "../src/model/predictions.js";
import type { Labels } from "../src/model/label-names.js";
import { labelOf, nameOfClass } from "../src/target/format.js";
import type { Explained, OpenedModel, Question } from "./engine/protocol.js";
import { formatPercent } from "./numbers.js";

/** The shown explanation and its request. */
export interface Answer {
  readonly report: OpenedModel;
  readonly modelName: string;
  readonly pictureName: string;
  readonly asked: Question;
  readonly labels: Labels | undefined;
  readonly explained: Explained;
}

/** "tiger cat", or "class 282" if its name is unknown. */
export function nameOfTarget(
  target: number | string,
  { labels, explained }: Pick<Answer, "labels" | "explained">,
): string {
  return labelOf(target, labels) ?? nameOfClass({ target, label: null }, explained.scores?.length);
}

/** "39.5 % · ", or nothing where the scores are not probabilities. */
export function sureness({ target, scores }: Explained): string {
  const shares = scores && probabilitiesOf(scores);
  const probability = typeof target === "number" ? shares?.values[target] : undefined;
  return probability === undefined ? "" : `${formatPercent(probability)} · `;
}

export const subjectOf = ({ pictureName, modelName }: Answer): string =>
  `${pictureName} · ${modelName}`;
