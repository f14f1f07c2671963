import { formatTick } from "../../src/draw/color-scale.js";
import { colorsOf } from "../../src/draw/colormap.js";
import { element, part } from "../dom.js";
import type { Explained } from "../engine/protocol.js";
import { paint } from "./drawing.js";
import { draw, type Look } from "./look.js";

const canvas = part("map", HTMLCanvasElement);
const title = part("map-title", HTMLElement);
const ramp = part("ramp", HTMLCanvasElement);
const notes = part("notes", HTMLUListElement);
const low = part("low", HTMLElement);
const high = part("high", HTMLElement);

export interface Shown {
  readonly explained: Explained;
  readonly title: string;
  readonly signed: boolean;
  /** A description of the subject, for screen readers. */
  readonly about: string;
}

/** Draws the large map, with its notes. */
export function showStage({ explained, title: name, signed, about }: Shown, look: Look): void {
  notes.hidden = explained.notes.length === 0;
  notes.replaceChildren(
    ...explained.notes.map(({ code, message }) => element("li", { "data-note": code }, message)),
  );
  const { raster, scale } = draw(explained, signed, look);
  paint(canvas, raster);
  const side = look.over ? "over the picture" : "alone";
  canvas.setAttribute("aria-label", `${name} map of ${about}, ${side}`);
  title.textContent = name;
  paint(ramp, { width: 256, height: 1, data: colorsOf(scale.colormap) });
  low.textContent = formatTick(scale.low);
  high.textContent = formatTick(scale.high);
}
