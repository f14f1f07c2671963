import { formatTick } from "../../../src/draw/color-scale.js";
import { colorsOf } from "../../../src/draw/colormap.js";
import type { Note } from "../../../src/methods/core/notes.js";
import { element, part } from "../../dom.js";
import { withMinus } from "../../numbers.js";
import { inPageWords } from "../../words/page-words.js";
import { paint } from "../drawing.js";
import { draw, type Drawable, type Look } from "../look.js";

const canvas = part("map", HTMLCanvasElement);
const title = part("map-title", HTMLElement);
const ramp = part("ramp", HTMLCanvasElement);
const notes = part("notes", HTMLUListElement);
const low = part("low", HTMLElement);
const high = part("high", HTMLElement);
const photograph = part("photograph", HTMLButtonElement);

export interface Shown extends Drawable {
  readonly title: string;
  readonly signed: boolean;
  /** A description of the subject, for screen readers. */
  readonly about: string;
}

let restore: (() => void) | undefined;

/** Draws the large map. */
export function showStage(shown: Shown, look: Look): void {
  const { title: name, signed, about } = shown;
  const { raster, scale } = draw(shown, signed, look);
  const side = look.over ? "over the picture" : "alone";
  const show = (): void => {
    paint(canvas, raster);
    canvas.setAttribute("aria-label", `${name} map of ${about}, ${side}`);
  };
  show();
  restore = show;
  title.textContent = name;
  paint(ramp, { width: 256, height: 1, data: colorsOf(scale.colormap) });
  low.textContent = withMinus(formatTick(scale.low));
  high.textContent = withMinus(formatTick(scale.high));
  compare = () => {
    paint(canvas, shown.view);
    canvas.setAttribute("aria-label", `The picture of ${about}, without a map`);
  };
}

let compare: (() => void) | undefined;

/** The library's notes on a map. */
export function showNotes(found: readonly Note[]): void {
  notes.hidden = found.length === 0;
  notes.replaceChildren(
    ...found.map(({ code, message }) => element("li", { "data-note": code }, inPageWords(message))),
  );
}

// The photograph is shown while the button is held.
photograph.addEventListener("pointerdown", () => compare?.());
for (const end of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) {
  photograph.addEventListener(end, () => restore?.());
}
photograph.addEventListener("keydown", ({ key }) => {
  if (key === " " || key === "Enter") compare?.();
});
