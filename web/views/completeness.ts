import {
  completenessTolerance,
  isComplete,
  type Completeness,
} from "../../src/decomposition/completeness.js";
import { element, part } from "../dom.js";
import { formatNumber, formatSigned } from "../numbers.js";

const heading = part("sum-heading", HTMLElement);
const list = part("sum", HTMLDListElement);

/** The completeness check: terms, sum, output and remainder. */
export function showCompleteness(completeness: Completeness): void {
  const { output, inputTerm, biasTerm, sum, residual, conditioned } = completeness;
  const complete = isComplete(completeness);
  heading.textContent = complete
    ? "The terms add up to the output"
    : "The terms do not add up to the output";
  heading.dataset["complete"] = String(complete);
  const row = (id: string, name: string, value: string, note = ""): HTMLElement[] => [
    element("dt", {}, name, ...(note ? [element("small", {}, note)] : [])),
    element("dd", { "data-sum": id }, value),
  ];
  list.replaceChildren(
    ...row("input", "input term", formatSigned(inputTerm)),
    ...row("bias", "all layer terms", formatSigned(biasTerm)),
    ...row("sum", "sum", formatNumber(sum)),
    ...row("output", "output", formatNumber(output)),
    ...row("residual", "remainder", formatNumber(residual)),
    ...row(
      "conditioned",
      "conditioned",
      formatNumber(conditioned),
      `remainder relative to the absolute sum of all terms; complete below ${completenessTolerance.toExponential(0)}`,
    ),
  );
  list.dataset["conditioned"] = String(conditioned);
}
