import { isComplete } from "../../../src/decomposition/completeness.js";
import { element, part } from "../../dom.js";
import type { Explained } from "../../engine/protocol.js";
import { decimalsOf, formatFixed, formatSigned, roundToSum } from "../../numbers.js";

const heading = part("answer-heading", HTMLElement);
const scoreLine = part("score", HTMLElement);
const lead = part("lead", HTMLElement);

export interface Headline {
  /** Of the target. */
  readonly name: string;
  /** Of the subtracted class. */
  readonly other?: string | undefined;
  readonly explained: Explained;
  /** The probability of the target, as text. */
  readonly sure: string;
}

/** Shows the target's name, its probability, class and score, and one sentence on where the score comes from. */
export function showHeadline({ name, other, explained, sure }: Headline): void {
  const { target, score } = explained;
  heading.textContent = other === undefined ? name : `${name}, not ${other}`;
  const number = typeof target === "number" && name !== "the output" ? `class ${target} · ` : "";
  const decimals = decimalsOf(score);
  const about = other === undefined ? "score" : "difference of the scores";
  scoreLine.textContent = `${sure}${number}${about} ${formatFixed(score, decimals)}`;
  lead.replaceChildren(...sentence(explained, decimals));
}

function sentence({ completeness, parts }: Explained, decimals: number): (Node | string)[] {
  if (!completeness || !parts || !isComplete(completeness)) return [];
  const { inputTerm, biasTerm, residual } = completeness;
  const [input, layers, rest] = roundToSum([inputTerm, biasTerm, residual], decimals);
  const strong = (value: number): Node => element("strong", {}, formatSigned(value, decimals));
  return [
    strong(input!),
    " of it comes from the picture itself and ",
    strong(layers! + rest!),
    ` from ${parts.length - 1} layers. Drag over the map to ask what a region adds.`,
  ];
}
