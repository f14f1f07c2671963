import { part } from "../dom.js";
import { formatNumber } from "../numbers.js";

const heading = part("answer-heading", HTMLElement);
const scoreLine = part("score", HTMLElement);

interface Headline {
  /** Of the target. */
  readonly name: string;
  readonly target: number | string;
  readonly score: number;
  /** The probability of the target, as text. */
  readonly sure: string;
}

/** Shows the target's name, and below it its probability, class and score. */
export function showHeadline({ name, target, score, sure }: Headline): void {
  heading.textContent = name;
  const number = typeof target === "number" && name !== "the output" ? `class ${target} · ` : "";
  scoreLine.textContent = `${sure}${number}score ${formatNumber(score)}`;
}
