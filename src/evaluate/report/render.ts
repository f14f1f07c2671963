import type { ChartSpec } from "./chart.js";

/** The first font family of the charts; {@link toPng} gets its file. */
const fontFamily = "DejaVu Sans";

/** The chart as SVG. vega and vega-lite load on demand: they take half a second, and most commands draw no chart. */
export async function toSvg(spec: ChartSpec): Promise<string> {
  const [{ compile }, { parse, View }] = await Promise.all([import("vega-lite"), import("vega")]);
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

/**
 * An SVG as PNG, at twice its size. Text uses the given font file only, so that all machines, even those without fonts,
 * render the same picture.
 */
export async function toPng(svg: string, fontFile: string): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const font = {
    loadSystemFonts: false,
    fontFiles: [fontFile],
    defaultFontFamily: fontFamily,
    sansSerifFamily: fontFamily,
  };
  return new Resvg(svg, { font, fitTo: { mode: "zoom", value: 2 } }).render().asPng();
}
