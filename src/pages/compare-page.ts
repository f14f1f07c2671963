import { ImageError } from "../errors.js";
import { encodePng } from "../image/codec.js";
import {
  colormaps,
  colorsOf,
  sequentialColormaps,
  type SequentialColormap,
} from "../image/colormap.js";
import { scalesOf, type ScaleChoice } from "../image/compared-scales.js";
import type { ComparedRow, Comparison, LayerParts } from "../image/comparison.js";
import { colorScale, formatTick, type ColorScale } from "../image/color-scale.js";
import { checkMap, defaultOpacity, grounds, saturation } from "../image/overlay.js";
import type { Tensor } from "../tensor/tensor.js";
import { behaving, computing } from "./compare-script.js";
import { style } from "./compare-style.js";
import { embedMap, toBase64, type EmbeddedMap } from "./embedded-map.js";
import { escapeHtml, jsonForScript, linkTo } from "./html.js";
import { layerBars } from "./layer-bars.js";

export interface ComparePageOptions {
  /** What the page begins with; all of it can be changed there. */
  readonly colormap?: SequentialColormap;
  readonly opacity?: number;
  readonly scale?: ScaleChoice;
  /** Maps are drawn over the images. Default true. */
  readonly photograph?: boolean;
  /** The pages of a gallery: their files' names, and which of them this one is. */
  readonly gallery?: { readonly files: readonly string[]; readonly at: number };
}

/** Each is 8/3 characters: a page of 107 MB. */
const maxPageNumbers = 40e6;

/** A map as the page's script finds it. */
interface PageMap extends EmbeddedMap {
  readonly signed: boolean;
  /** Ends of its scale. */
  readonly own: readonly [number, number];
  readonly shared: readonly [number, number];
  /** A layer's map, which is not drawn over the image. */
  readonly alone: boolean;
}

/**
 * A page of maps, a section for each image: the image and each method's map, with the numbers under the pointer (or
 * under a mark that the arrow keys move) in all of them at once, and controls for opacity, colours and scale. One file
 * that needs nothing else and no network; links lead to the raw arrays beside it.
 *
 * @throws {ImageError} where the page would be too large for a browser
 */
export async function comparePage(
  comparison: Comparison,
  options: ComparePageOptions = {},
): Promise<string> {
  checkPageSize(comparison);
  const page = new Page(comparison, options);
  const sections: string[] = [];
  for (const [r, row] of comparison.rows.entries()) sections.push(await page.section(row, r));
  return page.whole(sections);
}

function checkPageSize({ rows }: Comparison): void {
  const maps = rows.flatMap((row) => [...row.maps, ...(row.layers?.parts ?? [])]);
  const numbers = maps.reduce((n, part) => n + ("map" in part ? part.map.data.length : 0), 0);
  if (numbers <= maxPageNumbers) return;
  throw new ImageError(
    `a page of ${numbers} numbers is more than a browser is at ease with, ${maxPageNumbers}; ` +
      "take fewer methods or smaller images, or a .png",
  );
}

class Page {
  private readonly comparison: Comparison;
  private readonly options: ComparePageOptions;
  private readonly scales: Readonly<Record<ScaleChoice, ReturnType<typeof scalesOf>>>;
  private readonly maps: PageMap[] = [];

  constructor(comparison: Comparison, options: ComparePageOptions) {
    this.comparison = comparison;
    this.options = options;
    this.scales = { own: scalesOf(comparison, "own"), shared: scalesOf(comparison, "shared") };
  }

  whole(sections: readonly string[]): string {
    const { title, notes = [] } = this.comparison;
    const data = {
      maps: this.maps,
      colormaps: Object.fromEntries(colormaps.map((name) => [name, toBase64(colorsOf(name))])),
      photograph: { saturation, grounds },
    };
    const policy =
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'";
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(title)} · fullgrad compare</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="faint">Point at a map, or go to it with Tab and move with the arrow keys (ten at a time with Shift): every map of
the image then shows its number at that place. Colours run from the 1st to the 99.5th percentile; signed maps are red for
the class, blue against it, white at zero.</p>
${notes.map((note) => `<p class="notes">${escapeHtml(note)}</p>`).join("\n")}
${this.navigation()}
</header>
<noscript><p class="notes">The maps of this page are drawn by a script of its own, which is switched off here. The raw
arrays are linked all the same.</p></noscript>
${this.controls()}
<main>
${sections.join("\n")}
</main>
${this.navigation()}
<script type="application/json" id="comparison">${jsonForScript(data)}</script>
<script>${computing}${behaving}</script>
</body>
</html>
`;
  }

  async section(row: ComparedRow, r: number): Promise<string> {
    const [heading = row.name, ...rest] = row.caption;
    const figures = row.maps.map((compared, m) => {
      const { name } = this.comparison.methods[m]!;
      if ("problem" in compared) return problemFigure(name, compared.problem);
      const scales = { own: this.scales.own[r]![m]!, shared: this.scales.shared[r]![m]! };
      return this.mapFigure(name, `${name}, ${row.caption.join(", ")}`, compared, scales);
    });
    return `<section id="row-${r}" data-row="${r}">
<h2>${escapeHtml(heading)} <span class="faint">${escapeHtml(rest.join(" · "))}</span></h2>
<div class="grid">
${await viewFigure(row)}
${figures.join("\n")}
</div>
${row.layers ? this.layers(row.layers) : ""}
</section>`;
  }

  private mapFigure(
    name: string,
    label: string,
    { map, file }: { readonly map: Tensor<"float32">; readonly file?: string },
    scales: Readonly<Record<ScaleChoice, ColorScale>>,
  ): string {
    const canvas = this.canvas(map, label, scales, false);
    if (typeof canvas !== "string") return problemFigure(name, canvas.problem);
    const link = file === undefined ? "" : `<a href="${linkTo(file)}" download>.npy</a>`;
    return `<figure>
<figcaption><b title="${escapeHtml(name)}">${escapeHtml(name)}</b>${link}</figcaption>
<div class="stage">${canvas}<i class="cross" hidden></i></div>
<canvas class="bar" width="256" height="1" aria-hidden="true"></canvas>
<div class="ends"><span class="low"></span><output></output><span class="high"></span></div>
</figure>`;
  }

  /** The canvas of a map, or why there is none. */
  private canvas(
    map: Tensor<"float32">,
    label: string,
    { own, shared }: Readonly<Record<ScaleChoice, ColorScale>>,
    alone: boolean,
  ): string | { readonly problem: string } {
    try {
      checkMap(map);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      return { problem: error.message };
    }
    const embedded = embedMap(map);
    const at = this.maps.push({
      ...embedded,
      signed: own.colormap === "rdbu",
      own: [own.low, own.high],
      shared: [shared.low, shared.high],
      alone,
    });
    const { width, height } = embedded;
    const coarse = Math.max(width, height) < coarseBelow ? ` class="coarse"` : "";
    const focus = alone ? "" : ` tabindex="0"`;
    return `<canvas width="${width}" height="${height}" data-map="${at - 1}"${coarse}${focus} role="img" aria-label="${escapeHtml(label)}"></canvas>`;
  }

  private layers(layers: LayerParts): string {
    const strip = layers.parts.flatMap(({ name, value, map }, i) => {
      if (!map) return [];
      const scale = colorScale([map.data], "rdbu");
      const canvas = this.canvas(map, `${name}: ${value}`, { own: scale, shared: scale }, true);
      if (typeof canvas !== "string") return [];
      const text = `<figcaption title="${escapeHtml(name)}">${i} · ${formatTick(value)} <span class="faint">${escapeHtml(name)}</span></figcaption>`;
      return [`<figure><div class="stage">${canvas}</div>${text}</figure>`];
    });
    return `<details open><summary>By depth</summary>
<div class="layers">${layerBars(layers)}</div>
<div class="strip">
${strip.join("\n")}
</div></details>`;
  }

  private controls(): string {
    const { colormap = "inferno", opacity = defaultOpacity, scale = "own" } = this.options;
    const over = this.options.photograph === false ? "" : " checked";
    const choice = (value: string, chosen: string, label = value): string =>
      `<option value="${value}"${value === chosen ? " selected" : ""}>${label}</option>`;
    return `<form id="controls" aria-label="How the maps are drawn">
<label>Opacity <input type="range" name="opacity" min="0" max="1" step="0.01" value="${opacity}"><span id="percent"></span></label>
<label><input type="checkbox" name="photograph"${over}> over the image</label>
<label>Colours <select name="colormap">${sequentialColormaps.map((name) => choice(name, colormap)).join("")}</select></label>
<label>Scale <select name="scale">${choice("own", scale, "each map its own")}${choice("shared", scale, "one for each method")}</select></label>
<label>Page <select name="theme">${choice("auto", "auto", "as the system")}${choice("light", "auto")}${choice("dark", "auto")}</select></label>
<p id="reading" role="status" class="faint"></p>
</form>`;
  }

  private navigation(): string {
    const { gallery } = this.options;
    if (!gallery || gallery.files.length < 2) return "";
    const links = gallery.files.map((file, i) =>
      i === gallery.at
        ? `<span aria-current="page">${i + 1}</span>`
        : `<a href="${linkTo(file)}">${i + 1}</a>`,
    );
    return `<nav aria-label="Pages">${links.join("\n")}</nav>`;
  }
}

/** Maps smaller than this show their pixels. */
const coarseBelow = 100;

async function viewFigure({ view, caption: [name = "image"] }: ComparedRow): Promise<string> {
  if (!view) return problemFigure("image", "There is no picture of a .npy file.");
  const png = toBase64(await encodePng(view));
  const coarse = Math.max(view.width, view.height) < coarseBelow ? ` class="coarse"` : "";
  return `<figure class="view">
<figcaption><b>image</b></figcaption>
<div class="stage"><img${coarse} src="data:image/png;base64,${png}" alt="${escapeHtml(name)}, as the network sees it"></div>
</figure>`;
}

function problemFigure(name: string, problem: string): string {
  return `<figure>
<figcaption><b>${escapeHtml(name)}</b></figcaption>
<div class="problem">${escapeHtml(problem)}</div>
</figure>`;
}
