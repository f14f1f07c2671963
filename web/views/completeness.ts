import {
  completenessTolerance,
  isComplete,
  type Completeness,
} from "../../src/decomposition/completeness.js";
import { element, part } from "../dom.js";
import { formatNumber, formatSigned } from "../numbers.js";

const heading = part("sum-heading", HTMLElement);
const list = part("sum", HTMLDListElement);

/** Whether the parts add up, and what is left over. */
export function showCompleteness(completeness: Completeness): void {
  const { output, inputTerm, biasTerm, sum, residual, conditioned } = completeness;
  const complete = isComplete(completeness);
  heading.textContent = complete ? "It adds up" : "It does not add up";
  heading.dataset["complete"] = String(complete);
  const row = (id: string, name: string, value: string, note = ""): HTMLElement[] => [
    element("dt", {}, name, ...(note ? [element("small", {}, note)] : [])),
    element("dd", { "data-sum": id }, value),
  ];
  list.replaceChildren(
    ...row("input", "the input’s part", formatSigned(inputTerm)),
    ...row("bias", "all layers’ parts", formatSigned(biasTerm)),
    ...row("sum", "their sum", formatNumber(sum)),
    ...row("output", "the network’s output", formatNumber(output)),
    ...row("residual", "left over", formatNumber(residual)),
    ...row(
      "conditioned",
      "conditioned",
      formatNumber(conditioned),
      `left over, relative to all that was added; complete below ${completenessTolerance.toExponential(0)}`,
    ),
  );
  list.dataset["conditioned"] = String(conditioned);
}
