import type { ChartSpec } from "./chart.js";

/** The family of the font that charts name first, which {@link toPng} is given as a file. */
const fontFamily = "DejaVu Sans";

/** The chart as SVG. vega and vega-lite are loaded here: they take half a second, and most commands draw nothing. */
export async function toSvg(spec: ChartSpec): Promise<string> {
  const [{ compile }, { parse, View }] = await Promise.all([import("vega-lite"), import("vega")]);
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

/**
 * An SVG as PNG, at twice its size. Text is drawn with the given font file alone, so that every machine, also one
 * without any font, draws the same picture.
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
