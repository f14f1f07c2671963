import { button, element, part } from "../../dom.js";
import type { Part, PartMaps } from "../../engine/protocol.js";
import { decimalsOf, formatFixed, formatPercent, formatSigned, roundToSum } from "../../numbers.js";
import { plainNames } from "../../words/layer-names.js";
import type { Selection } from "./selection.js";

const section = part("asked", HTMLElement);
const heading = part("asked-heading", HTMLElement);
const words = part("asked-words", HTMLElement);
const list = part("asked-sum", HTMLDListElement);
const depth = part("depth", HTMLElement);
const most = part("asked-most", HTMLElement);

/** The layers named below the sum. */
const named = 3;

/** A decomposed score, with the maps of its parts. */
export interface Askable {
  readonly score: number;
  readonly parts: readonly Part[];
  readonly maps: PartMaps;
}

/** The share of each part inside the region; 0 for a part without a map. */
export function sharesOf({ maps }: Askable, { region }: Selection): number[] {
  return maps.map((map) => (map ? region.shareOf(map) : 0));
}

/** Calls `onClear` when the user asks about the whole picture again. */
export function whenRegionCleared(onClear: () => void): void {
  part("asked-clear", HTMLButtonElement).addEventListener("click", onClear);
}

export function hideRegion(): void {
  section.hidden = true;
}

/**
 * Says how much of the score comes from a region, and from which layers.
 *
 * @param onLayer shows the map of a part, by its index; undefined: the former map again
 * @returns the sentence for screen readers
 */
export function showRegion(
  asked: Askable,
  selection: Selection,
  onLayer: (index: number | undefined) => void,
): string {
  const { score, parts, maps } = asked;
  const shares = sharesOf(asked, selection);
  const share = shares.reduce((a, b) => a + b, 0);
  const placed = sumWhere(parts, (_, i) => maps[i] !== undefined);
  const absent = sumWhere(parts, (_, i) => maps[i] === undefined);
  const decimals = decimalsOf(score);
  section.hidden = false;
  section.dataset["share"] = String(share);
  heading.textContent = `${formatSigned(share, decimals)} from ${selection.tool === "point" ? "this pixel" : "this region"}`;
  const side = share < 0 ? "speaks against the class" : "speaks for the class";
  const { area } = selection.region;
  const size = area < 0.001 ? "one pixel" : `${formatPercent(area)} of the picture`;
  words.textContent = `${capital(selection.words)}, ${size}, ${side}.`;
  const rows: [string, string, number][] = [
    ["region", "here", share],
    ["elsewhere", "elsewhere in the picture", placed - share],
    ["absent", "layers without spatial positions", absent],
    ["remainder", "remainder", score - placed - absent],
  ];
  const rounded = roundToSum(
    rows.map(([, , value]) => value),
    decimals,
  );
  list.replaceChildren(
    ...rows.flatMap(([id, name], i) => [
      element("dt", {}, name),
      element("dd", { "data-asked": id }, formatSigned(rounded[i]!, decimals)),
    ]),
    element("dt", { class: "total" }, "the score"),
    element("dd", { class: "total", "data-asked": "score" }, formatFixed(sum(rounded), decimals)),
  );
  showDepth(parts, shares, onLayer);
  const names = plainNames(parts);
  const order = shares.map((_, i) => i).filter((i) => shares[i] !== 0);
  order.sort((a, b) => Math.abs(shares[b]!) - Math.abs(shares[a]!));
  const entries = order.slice(0, named).map((i) => {
    const shown = button(
      `${names[i]!} ${formatSigned(shares[i]!, decimals)}`,
      { class: "quiet" },
      () => {
        onLayer(i);
      },
    );
    shown.addEventListener("blur", () => {
      onLayer(undefined);
    });
    return shown;
  });
  most.replaceChildren(...(entries.length > 0 ? ["Mostly from ", ...entries] : []));
  return `${formatSigned(share, decimals)} of the score ${formatFixed(score, decimals)} comes from ${selection.words}, ${size}.`;
}

/** A bar for each part, from input to output. */
function showDepth(
  parts: readonly Part[],
  shares: readonly number[],
  onLayer: (index: number | undefined) => void,
): void {
  const largest = shares.reduce((size, share) => Math.max(size, Math.abs(share)), 0) || 1;
  depth.setAttribute("aria-label", "Shares by depth; the table of layers lists them");
  depth.replaceChildren(
    ...shares.map((share, i) => {
      const bar = element("span", {
        class: share < 0 ? "against" : "for",
        title: `${parts[i]!.name}: ${String(share)}`,
      });
      bar.style.setProperty("--size", String(Math.abs(share) / largest));
      bar.addEventListener("pointerenter", () => {
        onLayer(i);
      });
      return bar;
    }),
  );
  depth.onpointerleave = () => {
    onLayer(undefined);
  };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const sumWhere = (parts: readonly Part[], is: (part: Part, index: number) => boolean): number =>
  sum(parts.filter(is).map(({ value }) => value));

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
