import { placeOn, type BarScale } from "../../../src/compare/layer-sheet.js";
import { element } from "../../dom.js";

/** The axis, with an optional bar from zero to the value. */
export function axisOf(tag: "td" | "span", scale: BarScale, value?: number): HTMLElement {
  const zero = placeOn(scale, 0);
  const axis = element(tag, { class: "axis" });
  axis.style.setProperty("--zero", String(zero));
  if (value === undefined) return axis;
  const at = placeOn(scale, value);
  const bar = element("span", { class: value < 0 ? "bar against" : "bar for" });
  bar.style.setProperty("--from", String(Math.min(at, zero)));
  bar.style.setProperty("--to", String(Math.max(at, zero)));
  axis.append(bar);
  return axis;
}
