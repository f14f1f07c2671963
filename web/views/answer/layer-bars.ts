import { barScaleOf } from "../../../src/compare/layer-sheet.js";
import { button, element, part } from "../../dom.js";
import type { Part } from "../../engine/protocol.js";
import { formatFixed, formatPercent, formatSigned, roundToSum } from "../../numbers.js";
import { plainNames } from "../../words/layer-names.js";
import { axisOf } from "./axis.js";
import { showBlocks } from "./block-column.js";

const rows = part("bars", HTMLTableSectionElement);
const of = part("bars-of", HTMLElement);
const order = part("order", HTMLSelectElement);
const all = part("all-bars", HTMLButtonElement);

/** The number of bars shown at first. */
const fewest = 12;

/** The parts that add up to a number: the score, or a region's share of it. */
export interface BarSum {
  readonly parts: readonly Part[];
  /** "The score" */
  readonly total: string;
  readonly decimals: number;
  /** Whether the parts have maps to show. */
  readonly hasMap: (index: number) => boolean;
}

let shown: BarSum | undefined;
let isAll = false;
/** The part whose map stays on the stage. */
let kept: number | undefined;
let showMap: (index: number | undefined) => void = () => undefined;

order.addEventListener("change", () => {
  draw();
});
all.addEventListener("click", () => {
  isAll = !isAll;
  draw();
});

/** Calls `onMap` with the index of the part that the user points at, and with undefined when the pointer leaves. */
export function whenLayerPointed(onMap: (index: number | undefined) => void): void {
  showMap = onMap;
}

/** The signed shares of all layers, as bars. */
export function showLayerBars(sum: BarSum): void {
  shown = sum;
  of.textContent =
    sum.total === "The score" ? "Shares of the score" : "Shares of the chosen region";
  draw();
}

/** From input to output, as the terms of a pixel are read. */
export function orderByDepth(): void {
  order.value = "depth";
  draw();
}

export function forgetKeptLayer(): void {
  kept = undefined;
}

function draw(): void {
  if (!shown) return;
  const { total, parts, decimals } = shown;
  const focused =
    document.activeElement?.closest<HTMLElement>("#bars [data-part]")?.dataset["part"];
  showBlocks(parts, total, decimals);
  const scale = barScaleOf({ output: 0, parts });
  const mass = parts.reduce((size, { value }) => size + Math.abs(value), 0);
  const largest = parts.map((_, i) => i);
  largest.sort((a, b) => Math.abs(parts[b]!.value) - Math.abs(parts[a]!.value));
  const listed = isAll ? largest : largest.slice(0, fewest);
  if (order.value === "depth") listed.sort((a, b) => a - b);
  const others = parts.map((_, i) => i).filter((i) => !listed.includes(i));
  const sumOfOthers = others.reduce((known, i) => known + parts[i]!.value, 0);
  const values = [
    ...listed.map((i) => parts[i]!.value),
    ...(others.length > 0 ? [sumOfOthers] : []),
  ];
  const rounded = roundToSum(values, decimals);
  const names = plainNames(parts);
  const bars = listed.map((i, row) => {
    const { name, op, value, spatial } = parts[i]!;
    const share = mass === 0 ? "" : `, ${formatPercent(Math.abs(value) / mass)} of all`;
    return barRow({
      name: shown!.hasMap(i) ? layerButton(i, names[i]!) : names[i]!,
      about: spatial ? op : `${op}, no spatial position`,
      title: `${name}: ${String(value)}${share}`,
      text: formatSigned(rounded[row]!, decimals),
      axis: axisOf("td", scale, value),
      index: i,
    });
  });
  if (others.length > 0) {
    const name = `${others.length} others together`;
    const text = formatSigned(rounded.at(-1)!, decimals);
    bars.push(barRow({ name, text, axis: axisOf("td", scale) }));
  }
  const sum = rounded.reduce((a, b) => a + b, 0);
  const last = barRow({ name: total, text: formatFixed(sum, decimals), axis: element("td") });
  last.classList.add("total");
  rows.replaceChildren(...bars, last);
  all.hidden = parts.length <= fewest;
  all.textContent = isAll ? `Show the ${fewest} largest` : `Show all ${parts.length}`;
  if (focused !== undefined)
    rows.querySelector<HTMLElement>(`[data-part="${focused}"] button`)?.focus();
}

/** A layer's name: its map is shown while it has the focus, and stays when it is pressed. */
function layerButton(index: number, name: string): HTMLButtonElement {
  const made = button(name, { class: "layer", "aria-pressed": String(kept === index) }, () => {
    kept = kept === index ? undefined : index;
    for (const other of rows.querySelectorAll("button.layer")) {
      other.setAttribute("aria-pressed", String(other === made && kept === index));
    }
    showMap(kept);
  });
  made.addEventListener("focus", () => {
    showMap(index);
  });
  made.addEventListener("blur", () => {
    showMap(kept);
  });
  return made;
}

interface BarRow {
  readonly name: string | Node;
  readonly about?: string;
  readonly title?: string;
  readonly text: string;
  readonly axis: HTMLElement;
  readonly index?: number;
}

/** Roles are explicit because small screens use a layout without table display. */
function barRow({ name, about = "", title, text, axis, index }: BarRow): HTMLElement {
  const label = element("span", { class: "name" }, name);
  const faint = element("span", { class: "faint" }, ` ${about}`);
  axis.setAttribute("role", "cell");
  const row = element(
    "tr",
    { role: "row", title, "data-part": index },
    element("th", { scope: "row", role: "rowheader" }, label, faint),
    axis,
    element("td", { class: "number", role: "cell" }, text),
  );
  if (index === undefined || !shown?.hasMap(index)) return row;
  row.addEventListener("pointerenter", () => {
    showMap(index);
  });
  row.addEventListener("pointerleave", () => {
    showMap(kept);
  });
  return row;
}
