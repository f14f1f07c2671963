import { ImageError } from "../errors.js";
import { encodePng } from "../image/codec.js";
import {
  colormaps,
  colorsOf,
  sequentialColormaps,
  type SequentialColormap,
} from "../draw/colormap.js";
import { scalesOf, type ScaleChoice } from "./compared-scales.js";
import type { ComparedRow, Comparison, LayerParts } from "./comparison.js";
import { colorScale, formatTick, type ColorScale } from "../draw/color-scale.js";
import { checkMap, defaultOpacity, grounds, saturation } from "../draw/overlay.js";
import type { Tensor } from "../tensor/tensor.js";
import { compareScript } from "./compare-script.js";
import { style } from "./compare-style.js";
import { embedMap, toBase64 } from "./embedded-map.js";
import type { PageData, PageMap } from "./page-data.js";
import { html, jsonForScript, linkTo, trusted, type Html, type HtmlPart } from "../draw/html.js";
import { layerBars } from "./layer-bars.js";

export interface ComparePageOptions {
  /** Initial settings of the page, which its controls change. */
  readonly colormap?: SequentialColormap | undefined;
  readonly opacity?: number | undefined;
  readonly scale?: ScaleChoice | undefined;
  /** Maps are drawn over the images. Default true. */
  readonly photograph?: boolean | undefined;
  /** The pages of a gallery: file names, and the index of this one. */
  readonly gallery?: { readonly files: readonly string[]; readonly at: number };
}

/** Limit on the numbers in a page: at 8/3 characters each, 107 MB. */
const maxPageNumbers = 40e6;

/**
 * A page of maps with one section per image: the image and each method's map, a readout of all maps at the pointer (or
 * at a mark moved by the arrow keys), and controls for opacity, colours and scale. The page is one self-contained file;
 * links lead to the raw arrays beside it.
 *
 * @throws {ImageError} if the page would be too large for a browser
 */
export async function comparePage(
  comparison: Comparison,
  options: ComparePageOptions = {},
): Promise<string> {
  checkPageSize(comparison);
  const page = new Page(comparison, options);
  const sections: Html[] = [];
  for (const [r, row] of comparison.rows.entries()) sections.push(await page.section(row, r));
  return page.whole(sections).text;
}

function checkPageSize({ rows }: Comparison): void {
  const maps = rows.flatMap((row) => [...row.maps, ...(row.layers?.parts ?? [])]);
  const numbers = maps.reduce((n, part) => n + ("map" in part ? part.map.data.length : 0), 0);
  if (numbers <= maxPageNumbers) return;
  throw new ImageError(
    `a page of ${numbers} numbers exceeds the limit of ${maxPageNumbers} for browsers; ` +
      "use fewer methods, smaller images, or a .png",
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

  whole(sections: readonly Html[]): Html {
    const { title, notes = [] } = this.comparison;
    const data: PageData = {
      maps: this.maps,
      colormaps: Object.fromEntries(colormaps.map((name) => [name, toBase64(colorsOf(name))])),
      photograph: { saturation, grounds },
    };
    const policy =
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'";
    return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<title>${title} · fullgrad compare</title>
<style>${trusted(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="faint">Point at a map, or focus it with Tab and use the arrow keys (steps of ten with Shift): every map of
the image then shows its value at that position. Colours run from the 1st to the 99.5th percentile; signed maps are red for
the class, blue against it, white at zero.</p>
${notes.map((note) => html`<p class="notes">${note}</p>`)}
${this.navigation()}
</header>
<noscript><p class="notes">The maps of this page are drawn by a script of its own, which is switched off here. The raw
arrays are linked all the same.</p></noscript>
${this.controls()}
<main>
${sections}
</main>
${this.navigation()}
<script type="application/json" id="comparison">${trusted(jsonForScript(data))}</script>
<script>${trusted(compareScript)}</script>
</body>
</html>
`;
  }

  async section(row: ComparedRow, r: number): Promise<Html> {
    const [heading = row.name, ...rest] = row.caption;
    const figures = row.maps.map((compared, m) => {
      const { name } = this.comparison.methods[m]!;
      if ("problem" in compared) return problemFigure(name, compared.problem);
      const scales = { own: this.scales.own[r]![m]!, shared: this.scales.shared[r]![m]! };
      return this.mapFigure(name, `${name}, ${row.caption.join(", ")}`, compared, scales);
    });
    return html`<section id="row-${r}" data-row="${r}">
<h2>${heading} <span class="faint">${rest.join(" · ")}</span></h2>
<div class="grid">
${await viewFigure(row)}
${figures}
</div>
${row.layers ? this.layers(row.layers) : ""}
</section>`;
  }

  private mapFigure(
    name: string,
    label: string,
    { map, file }: { readonly map: Tensor<"float32">; readonly file?: string },
    scales: Readonly<Record<ScaleChoice, ColorScale>>,
  ): Html {
    const canvas = this.canvas(map, label, scales, false);
    if ("problem" in canvas) return problemFigure(name, canvas.problem);
    const link = file === undefined ? "" : html`<a href="${linkTo(file)}" download>.npy</a>`;
    return html`<figure>
<figcaption><b title="${name}">${name}</b>${link}</figcaption>
<div class="stage">${canvas}<i class="cross" hidden></i></div>
<canvas class="bar" width="256" height="1" aria-hidden="true"></canvas>
<div class="ends"><span class="low"></span><output></output><span class="high"></span></div>
</figure>`;
  }

  /** The canvas of a map, or the reason for its absence. */
  private canvas(
    map: Tensor<"float32">,
    label: string,
    { own, shared }: Readonly<Record<ScaleChoice, ColorScale>>,
    alone: boolean,
  ): Html | { readonly problem: string } {
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
    const coarse = Math.max(width, height) < coarseBelow ? html` class="coarse"` : "";
    const focus = alone ? "" : html` tabindex="0"`;
    return html`<canvas width="${width}" height="${height}" data-map="${at - 1}"${coarse}${focus} role="img" aria-label="${label}"></canvas>`;
  }

  private layers(layers: LayerParts): Html {
    const strip = layers.parts.flatMap(({ name, value, map }, i) => {
      if (!map) return [];
      const scale = colorScale([map.data], "rdbu");
      const canvas = this.canvas(map, `${name}: ${value}`, { own: scale, shared: scale }, true);
      if ("problem" in canvas) return [];
      const text = html`<figcaption title="${name}">${i} · ${formatTick(value)} <span class="faint">${name}</span></figcaption>`;
      return [html`<figure><div class="stage">${canvas}</div>${text}</figure>`];
    });
    return html`<details open><summary>By depth</summary>
<div class="layers">${layerBars(layers)}</div>
<div class="strip">
${strip}
</div></details>`;
  }

  private controls(): Html {
    const { colormap = "inferno", opacity = defaultOpacity, scale = "own" } = this.options;
    const over = this.options.photograph === false ? "" : " checked";
    const choice = (value: string, chosen: string, label = value): Html =>
      html`<option value="${value}"${value === chosen ? " selected" : ""}>${label}</option>`;
    return html`<form id="controls" aria-label="How the maps are drawn">
<label>Opacity <input type="range" name="opacity" min="0" max="1" step="0.01" value="${opacity}"><span id="percent"></span></label>
<label><input type="checkbox" name="photograph"${over}> over the image</label>
<label>Colours <select name="colormap">${sequentialColormaps.map((name) => choice(name, colormap))}</select></label>
<label>Scale <select name="scale">${choice("own", scale, "each map its own")}${choice("shared", scale, "one for each method")}</select></label>
<label>Page <select name="theme">${choice("auto", "auto", "as the system")}${choice("light", "auto")}${choice("dark", "auto")}</select></label>
<p id="reading" role="status" class="faint"></p>
</form>`;
  }

  private navigation(): HtmlPart {
    const { gallery } = this.options;
    if (!gallery || gallery.files.length < 2) return "";
    const links = gallery.files.map((file, i) =>
      i === gallery.at
        ? html`<span aria-current="page">${i + 1}</span>`
        : html`<a href="${linkTo(file)}">${i + 1}</a>`,
    );
    return html`<nav aria-label="Pages">${links}</nav>`;
  }
}

/** Maps smaller than this show their pixels. */
const coarseBelow = 100;

async function viewFigure({ view, caption: [name = "image"] }: ComparedRow): Promise<Html> {
  if (!view) return problemFigure("image", "No picture: the input is a .npy file.");
  const png = toBase64(await encodePng(view));
  const coarse = Math.max(view.width, view.height) < coarseBelow ? html` class="coarse"` : "";
  return html`<figure class="view">
<figcaption><b>image</b></figcaption>
<div class="stage"><img${coarse} src="data:image/png;base64,${png}" alt="${name}, as the network sees it"></div>
</figure>`;
}

function problemFigure(name: string, problem: string): Html {
  return html`<figure>
<figcaption><b>${name}</b></figcaption>
<div class="problem">${problem}</div>
</figure>`;
}
