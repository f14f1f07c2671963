import { formatTick } from "../draw/color-scale.js";
import type { LayerParts } from "./comparison.js";
import { barScaleOf, placeOn } from "./layer-sheet.js";
import { html, type Html } from "../draw/html.js";

const rowHeight = 17;
const labelWidth = 330;
const barWidth = 520;
const width = labelWidth + barWidth + 90;

/**
 * The parts of a score as bars, in network order from the input to the output, with the score itself at the end: an SVG
 * with the page's colours.
 */
export function layerBars(layers: LayerParts): Html {
  const { parts, output } = layers;
  const scale = barScaleOf(layers);
  const at = (value: number): number => labelWidth + placeOn(scale, value) * barWidth;
  const zero = at(0).toFixed(1);
  const row = (i: number, number: string, name: string, value: number, kind: string): Html => {
    const top = i * rowHeight;
    const left = Math.min(at(0), at(value));
    const length = Math.max(0.5, Math.abs(at(value) - at(0)));
    const y = top + 12;
    return html`<g><title>${name}: ${String(value)}</title>
<text class="name" x="0" y="${y}">${number}</text>
<text class="name" x="${labelWidth - 8}" y="${y}" text-anchor="end">${shorten(name)}</text>
<rect class="${kind}" x="${left.toFixed(1)}" y="${top + 4}" width="${length.toFixed(1)}" height="9"/>
<text x="${width}" y="${y}" text-anchor="end">${formatTick(value)}</text></g>`;
  };
  const rows = parts.map(({ name, op, value }, i) =>
    row(i, String(i), `${name}  ${op}`.trimEnd(), value, value < 0 ? "against" : "for"),
  );
  const height = (parts.length + 1) * rowHeight + 6;
  const caption = `The score ${formatTick(output)} as the sum of ${parts.length} parts, from the input to the output`;
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${caption}">
<line x1="${zero}" y1="0" x2="${zero}" y2="${height}"/>
${rows}
${row(parts.length, "", "the score", output, "total")}
</svg>`;
}

/** The end of a node's path is the most specific part. */
function shorten(label: string): string {
  const most = 46;
  return label.length <= most ? label : `…${label.slice(1 - most)}`;
}
