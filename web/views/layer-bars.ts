import { barScaleOf, placeOn } from "../../src/image/layer-sheet.js";
import { element, part } from "../dom.js";
import type { Part } from "../engine/protocol.js";
import { formatNumber, formatPercent, formatSigned } from "../numbers.js";

const rows = part("bars", HTMLTableSectionElement);
const order = part("order", HTMLSelectElement);
const all = part("all-bars", HTMLButtonElement);

/** How many are shown until all are asked for. */
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

/** What each layer adds to the score, signed, as bars. */
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
  const rest = parts.length - listed.length;
  const zero = placeOn(scale, 0);
  rows.replaceChildren(
    ...chosen.map(({ name, op, value, spatial }) => {
      const bar = element("span", { class: value < 0 ? "bar against" : "bar for" });
      const at = placeOn(scale, value);
      bar.style.setProperty("--from", String(Math.min(at, zero)));
      bar.style.setProperty("--to", String(Math.max(at, zero)));
      const axis = element("td", { class: "axis", "aria-hidden": "true" }, bar);
      axis.style.setProperty("--zero", String(zero));
      const about = spatial ? op : `${op}, not in the map`;
      const share = mass === 0 ? "" : `, ${formatPercent(Math.abs(value) / mass)} of all`;
      return element(
        "tr",
        {},
        element(
          "th",
          { scope: "row", title: name },
          element("span", { class: "name" }, name),
          element("span", { class: "faint" }, ` ${about}`),
        ),
        axis,
        element("td", { class: "number", title: `${String(value)}${share}` }, formatSigned(value)),
      );
    }),
  );
  if (rest > 0) {
    const others = parts.filter((p) => !listed.includes(p)).reduce((sum, p) => sum + p.value, 0);
    const head = element("th", { scope: "row" }, `${rest} others together`);
    const axis = element("td", { class: "axis", "aria-hidden": "true" });
    axis.style.setProperty("--zero", String(zero));
    rows.append(
      element("tr", {}, head, axis, element("td", { class: "number" }, formatSigned(others))),
    );
  }
  rows.append(
    element(
      "tr",
      { class: "total" },
      element("th", { scope: "row" }, "The score"),
      element("td", {}),
      element("td", { class: "number" }, formatNumber(output)),
    ),
  );
  all.hidden = parts.length <= fewest;
  all.textContent = isAll ? `Show the ${fewest} largest` : `Show all ${parts.length}`;
}
