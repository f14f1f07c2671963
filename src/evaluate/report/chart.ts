import type { TopLevelSpec } from "vega-lite";
import type { SummaryRow } from "../summary.js";
import type { MeasureAxis, Measure } from "../test.js";

/** The data of a chart: one measure of several methods. */
export interface ChartData {
  readonly title: string;
  readonly subtitle: string;
  readonly measure: Measure;
  readonly axis?: MeasureAxis;
  /** The estimates of this measure. */
  readonly rows: readonly SummaryRow[];
  /** In the order of the legend. */
  readonly methods: readonly string[];
  /** The methods drawn grey and dashed. */
  readonly baselines: ReadonlySet<string>;
}

/** A Vega-Lite specification with inline data: https://vega.github.io/vega-lite/docs/spec.html */
export type ChartSpec = TopLevelSpec;

/** The colour-blind-safe palette of M. Okabe, K. Ito, 2008, followed by lighter shades. */
const palette = [
  "#d55e00",
  "#0072b2",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#7a3b00",
  "#003a5c",
  "#7fd1ae",
  "#8a5a83",
];
const greys = ["#333333", "#6e6e6e", "#8f8f8f", "#b0b0b0"];
const dashes = [
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [12, 4],
];
/** Of methods whose colour is taken: a second round of the palette, and a smoothed form of a method. */
const [secondRound, smoothed] = [
  [9, 2],
  [4, 2],
];

/** Curves with bands if the measure has an axis, else a point with an interval for each method. */
export function chartOf(data: ChartData): ChartSpec {
  const { axis, measure } = data;
  const rows = data.rows
    .filter((row) => row.over !== "curve")
    .map(({ method, at, mean, low, high, n }) => ({ method, at, mean, low, high, n }))
    .filter(({ mean }) => Number.isFinite(mean));
  const shared = {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    title: { text: data.title, subtitle: [data.subtitle, titleOf(data.measure)] },
    data: { values: rows },
    config: style,
  };
  return axis && !measure.single
    ? ({ ...shared, ...curves(data, axis) } as ChartSpec)
    : ({ ...shared, ...points(data) } as ChartSpec);
}

function curves(data: ChartData, axis: MeasureAxis): object {
  const hasPoints = axis.values.length <= mostPoints;
  const color = { field: "method", type: "nominal", scale: colors(data), legend };
  const x = {
    field: "at",
    type: "quantitative",
    title: axis.title,
    scale: axis.log ? { type: "log", nice: false } : { nice: false, zero: false },
    axis: {
      ...(hasPoints ? { values: axis.values, labelOverlap: false } : {}),
      ...(axis.percent ? { labelExpr: percentLabel } : {}),
    },
  };
  const y = { field: "mean", type: "quantitative", title: null, scale: zero };
  const dash = { field: "method", type: "nominal", scale: dashesOf(data), legend };
  return {
    width: 560,
    height: 340,
    layer: [
      {
        mark: { type: "area", opacity: 0.08 },
        encoding: {
          x,
          y: { ...y, field: "low" },
          y2: { field: "high" },
          color,
        },
      },
      {
        mark: { type: "line", strokeWidth: 2, point: hasPoints ? { size: 28 } : false },
        encoding: { x, y, color, strokeDash: dash },
      },
    ],
  };
}

function points(data: ChartData): object {
  const x = { field: "mean", type: "quantitative", title: null, scale: zero };
  const y = { field: "method", type: "nominal", sort: data.methods, title: null };
  const color = { field: "method", type: "nominal", scale: colors(data), legend: null };
  return {
    width: 560,
    height: { step: 26 },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 2 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y, color },
      },
      { mark: { type: "point", filled: true, size: 70, opacity: 1 }, encoding: { x, y, color } },
    ],
  };
}

const zero = { zero: true };
const percentLabel = "format(datum.value * 100, '~g') + ' %'";
const legend = { title: null, symbolType: "stroke", symbolOpacity: 1, symbolStrokeWidth: 3 };
/** Up to this many positions of an axis are all labelled; with more, vega chooses. */
const mostPoints = 12;

function titleOf({ title, better }: Measure): string {
  return better === "neither" ? title : `${title} (${better} is better)`;
}

function colors({ methods, baselines }: ChartData): object {
  const [known, unknown] = [coloured(methods, baselines), [...baselines]];
  const range = methods.map((method) =>
    baselines.has(method)
      ? greys[unknown.indexOf(method) % greys.length]
      : palette[known.indexOf(plainName(method)) % palette.length],
  );
  return { domain: methods, range };
}

function dashesOf({ methods, baselines }: ChartData): object {
  const [known, unknown] = [coloured(methods, baselines), [...baselines]];
  const range = methods.map((method) => {
    if (baselines.has(method)) return dashes[unknown.indexOf(method) % dashes.length];
    if (plainName(method) !== method) return smoothed;
    return known.indexOf(method) < palette.length ? [1, 0] : secondRound;
  });
  return { domain: methods, range };
}

/** Methods with a colour of their own; the smoothed form of a method shares that of the method. */
function coloured(methods: readonly string[], baselines: ReadonlySet<string>): string[] {
  return [...new Set(methods.filter((method) => !baselines.has(method)).map(plainName))];
}

/** "gradient" of "gradient~7x7" */
const plainName = (method: string): string => method.replace(/~\d+x\d+$/, "");

const font = "DejaVu Sans, Verdana, sans-serif";
const style = {
  background: "#ffffff",
  font,
  view: { stroke: null },
  padding: 12,
  title: {
    anchor: "start",
    frame: "bounds",
    fontSize: 15,
    subtitleFontSize: 11,
    subtitleColor: "#444444",
    offset: 12,
  },
  axis: { gridColor: "#e8e8e8", labelFontSize: 11, labelLimit: 320, titleFontSize: 12 },
  legend: { labelFontSize: 11, labelLimit: 320 },
};
