import { element, part } from "../../dom.js";
import type { Explained } from "../../engine/protocol.js";
import { decimalsOf, formatFixed, roundToSum } from "../../numbers.js";
import { paint } from "../drawing.js";
import { draw, type Look } from "../look.js";

const section = part("versus", HTMLElement);
const heading = part("versus-heading", HTMLElement);
const words = part("versus-words", HTMLElement);
const place = part("trio", HTMLElement);

/** Two classes of one picture, and their difference. */
export interface Versus {
  readonly names: readonly [this: string, that: string];
  readonly first: Explained;
  readonly second: Explained;
  /** Signed: for the first class, or for the second. */
  readonly difference: Explained;
}

let shown: Versus | undefined;

export function hideVersus(): void {
  shown = undefined;
  section.hidden = true;
}

/** The maps of two classes side by side, and of their difference. */
export function showVersus(versus: Versus, look: Look): void {
  shown = versus;
  const { names, first, second, difference } = versus;
  const decimals = decimalsOf(first.score);
  const [a, b] = roundToSum([first.score, -second.score], decimals) as [number, number];
  section.hidden = false;
  heading.textContent = `Why ${names[0]} and not ${names[1]}`;
  words.textContent =
    `${formatFixed(a, decimals)} − ${formatFixed(-b, decimals)} = ${formatFixed(a + b, decimals)}: ` +
    "the map, the layers and the sum above are those of this difference.";
  place.replaceChildren(
    figure(first, names[0], `score ${formatFixed(a, decimals)}`, false, look),
    figure(second, names[1], `score ${formatFixed(-b, decimals)}`, false, look),
    figure(difference, "The difference", `red for ${names[0]}, blue for ${names[1]}`, true, look),
  );
}

export function redrawVersus(look: Look): void {
  if (shown) showVersus(shown, look);
}

function figure(
  explained: Explained,
  name: string,
  about: string,
  signed: boolean,
  look: Look,
): HTMLElement {
  const canvas = element("canvas", { role: "img", "aria-label": `Map of ${name}` });
  paint(canvas, draw(explained, signed, look).raster);
  const caption = element(
    "figcaption",
    {},
    element("span", { class: "name" }, name),
    element("span", { class: "faint" }, about),
  );
  return element("figure", {}, canvas, caption);
}
