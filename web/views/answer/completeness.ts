import {
  completenessTolerance,
  isComplete,
  type Completeness,
} from "../../../src/decomposition/completeness.js";
import { element, part } from "../../dom.js";
import type { Explained } from "../../engine/protocol.js";
import { decimalsOf, formatFixed, formatNumber, formatSigned, roundToSum } from "../../numbers.js";

const section = part("sum-section", HTMLElement);
const heading = part("sum-heading", HTMLElement);
const list = part("sum", HTMLDListElement);
const checkSection = part("check-section", HTMLElement);
const checkHeading = part("check-heading", HTMLElement);
const check = part("check", HTMLDListElement);
const checkWords = part("check-words", HTMLElement);

/**
 * The check of the shown method: of a decomposition, that its terms add up to the score; of another method, its own
 * numbers; of one without numbers, that there is nothing to check.
 */
export function showCheck(explained: Explained, title: string): void {
  const { completeness, info, score } = explained;
  section.hidden = completeness === undefined;
  checkSection.hidden = completeness !== undefined;
  if (completeness) {
    showCompleteness(completeness);
    return;
  }
  const numbers = Object.entries(info).filter(([name]) => name in ownChecks);
  checkHeading.textContent = `${title}: ${numbers.length > 0 ? "its own check" : "no sum to check"}`;
  checkWords.textContent =
    numbers.length > 0
      ? "This method does not decompose the score into terms of layers; FullGrad does."
      : "The map ranks pixels. Its numbers are not parts of the score, unlike those of FullGrad.";
  const decimals = decimalsOf(score);
  check.replaceChildren(
    ...numbers.flatMap(([name, value]) => [
      element("dt", {}, ownChecks[name]!),
      element("dd", {}, typeof value === "number" ? formatFixed(value, decimals) : value),
    ]),
    ...(numbers.length > 0
      ? [element("dt", {}, "the score"), element("dd", {}, formatFixed(score, decimals))]
      : []),
  );
}

/** The numbers of methods that are a check, by their name in the library's results. */
const ownChecks: Readonly<Record<string, string>> = {
  sum: "sum of the map",
  baselineScore: "score of the baseline",
  delta: "missing from the difference of the scores",
  absorbed: "absorbed by biases and stabilisers",
  meanScore: "mean score of the noisy copies",
};

/** The completeness check: terms, sum, score and remainder, all with the same decimals. */
function showCompleteness(completeness: Completeness): void {
  const { output, inputTerm, biasTerm, residual, conditioned } = completeness;
  const complete = isComplete(completeness);
  heading.textContent = complete
    ? "The terms add up to the score"
    : "The terms do not add up to the score";
  heading.dataset["complete"] = String(complete);
  const decimals = decimalsOf(output);
  const [input, layers, rest] = roundToSum([inputTerm, biasTerm, residual], decimals);
  const row = (id: string, name: string, value: string, note = ""): HTMLElement[] => [
    element("dt", {}, name, ...(note ? [element("small", {}, note)] : [])),
    element("dd", { "data-sum": id }, value),
  ];
  list.replaceChildren(
    ...row("input", "the picture itself", formatSigned(input!, decimals)),
    ...row("bias", "all layers", formatSigned(layers!, decimals)),
    ...row("residual", "remainder", formatSigned(rest!, decimals)),
    ...row("output", "the score", formatFixed(input! + layers! + rest!, decimals)),
    ...row(
      "conditioned",
      "rounding error",
      formatNumber(conditioned),
      `the remainder, relative to all terms; complete below ${completenessTolerance.toExponential(0)}`,
    ),
  );
  list.dataset["conditioned"] = String(conditioned);
}
