import { barScaleOf, placeOn, type BarScale } from "../../src/compare/layer-sheet.js";
import { element, part } from "../dom.js";
import type { Part } from "../engine/protocol.js";
import { formatNumber, formatPercent, formatSigned } from "../numbers.js";

const rows = part("bars", HTMLTableSectionElement);
const order = part("order", HTMLSelectElement);
const all = part("all-bars", HTMLButtonElement);

/** The number of bars shown at first. */
const fewest = 12;

interface Sum {
  readonly output: number;
  readonly parts: readonly Part[];
}

let shown: Sum | undefined;
let isAll = false;

order.addEventListener("change", () => {
  draw();
});
all.addEventListener("click", () => {
  isAll = !isAll;
  draw();
});

/** The signed contribution of each layer to the score, as bars. */
export function showLayerBars(sum: Sum): void {
  shown = sum;
  draw();
}

function draw(): void {
  if (!shown) return;
  const { output, parts } = shown;
  const scale = barScaleOf({ output: 0, parts });
  const mass = parts.reduce((size, { value }) => size + Math.abs(value), 0);
  const largest = parts.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const listed = isAll ? largest : largest.slice(0, fewest);
  const chosen = order.value === "size" ? listed : parts.filter((p) => listed.includes(p));
  const bars = chosen.map(({ name, op, value, spatial }) => {
    const about = spatial ? op : `${op}, not in the map`;
    const share = mass === 0 ? "" : `, ${formatPercent(Math.abs(value) / mass)} of the total`;
    return barRow({
      name,
      about,
      title: `${name}: ${String(value)}${share}`,
      text: formatSigned(value),
      axis: axisOf(scale, value),
    });
  });
  const others = parts.filter((p) => !listed.includes(p));
  if (others.length > 0) {
    const sum = others.reduce((known, { value }) => known + value, 0);
    const name = `${others.length} others together`;
    bars.push(barRow({ name, text: formatSigned(sum), axis: axisOf(scale) }));
  }
  const total = barRow({ name: "The score", text: formatNumber(output), axis: element("td") });
  total.classList.add("total");
  rows.replaceChildren(...bars, total);
  all.hidden = parts.length <= fewest;
  all.textContent = isAll ? `Show the ${fewest} largest` : `Show all ${parts.length}`;
}

interface BarRow {
  readonly name: string;
  readonly about?: string;
  readonly title?: string;
  readonly text: string;
  readonly axis: HTMLElement;
}

/** Roles are explicit because small screens use a layout without table display. */
function barRow({ name, about = "", title, text, axis }: BarRow): HTMLElement {
  const label = element("span", { class: "name" }, name);
  const faint = element("span", { class: "faint" }, ` ${about}`);
  axis.setAttribute("role", "cell");
  return element(
    "tr",
    { role: "row", title },
    element("th", { scope: "row", role: "rowheader" }, label, faint),
    axis,
    element("td", { class: "number", role: "cell" }, text),
  );
}

/** The axis, with an optional bar from zero to the value. */
function axisOf(scale: BarScale, value?: number): HTMLElement {
  const zero = placeOn(scale, 0);
  const axis = element("td", { class: "axis" });
  axis.style.setProperty("--zero", String(zero));
  if (value === undefined) return axis;
  const at = placeOn(scale, value);
  const bar = element("span", { class: value < 0 ? "bar against" : "bar for" });
  bar.style.setProperty("--from", String(Math.min(at, zero)));
  bar.style.setProperty("--to", String(Math.max(at, zero)));
  axis.append(bar);
  return axis;
}
