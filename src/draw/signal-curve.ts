import { ImageError } from "../errors.js";
import { Chart, type ChartAxis } from "./chart-canvas.js";
import { Canvas, type Color } from "./canvas.js";
import { colorIndex, colorScale, heatOf, wholeRange, type ColorScale } from "./color-scale.js";
import { colorsOf, isDiverging } from "./colormap.js";
import type { HeatmapOptions } from "./overlay.js";
import type { Raster } from "../image/raster.js";
import { resample } from "../image/resample.js";
import { roundTicks } from "./ticks.js";
import type { DrawnInput } from "./underlay.js";

const width = 880;
const space = 10;
/** Maximum channels drawn; an ECG has twelve. */
const mostChannels = 12;
/** Supersampling factor of plots, for smooth edges. */
const finer = 3;

/** Background and line colours, for colour maps that increase in lightness and for diverging ones. */
const papers: Readonly<Record<"sequential" | "diverging", { paper: Color; thread: Color }>> = {
  sequential: { paper: [24, 24, 28], thread: [150, 150, 155] },
  diverging: { paper: [246, 246, 246], thread: [150, 150, 150] },
};

/**
 * Draws a signal as a curve coloured by its map: thin and grey where the map is low, thick and coloured where it is
 * salient. Each channel has its own plot and value range.
 *
 * @param map [L]
 * @param input [C,L]
 * @throws {ImageError} if the map or the signal has a non-finite value
 */
export function signalCurve(
  map: Float32Array,
  input: DrawnInput,
  axis: ChartAxis,
  { colormap, scale = colorScale([map], colormap) }: HeatmapOptions = {},
): Raster {
  const length = map.length;
  const channels = Math.min(input.channels, mostChannels);
  if (!input.data.every(Number.isFinite)) throw new ImageError("the signal has a non-finite value");
  const height = channels === 1 ? 220 : channels <= 4 ? 130 : 74;
  const chart = new Chart(width, channels * (height + space) - space);
  const { thread } = papers[groundOf(scale)];
  for (let c = 0; c < channels; c++) {
    const signal = input.data.subarray(c * length, (c + 1) * length);
    const y = c * (height + space);
    const range = rangeOf(signal);
    chart.plot(curve(signal, map, scale, { height, range }), y);
    chart.valueTicks(ticksIn(signal, height), y, height, (v) => placeOn(range, v));
    if (channels > 1) chart.label(`channel ${c}`, y, thread);
  }
  const more = input.channels - channels;
  const about =
    more > 0 ? `${channels} of ${input.channels} channels; colour: the map` : "colour: the map";
  chart.close(axis, scale, about);
  return chart.canvas;
}

/** Draws a map over a single axis as a strip of colours, without clipping its range. */
export function signalStrip(
  map: Float32Array,
  axis: ChartAxis,
  { colormap, scale = colorScale([map], colormap, wholeRange) }: HeatmapOptions = {},
): Raster {
  const height = 90;
  const chart = new Chart(width, height);
  const strip = new Canvas(width, height, [0, 0, 0]);
  const colorOf = paletteOf(scale);
  for (let x = 0; x < width; x++) {
    // If several values share a column, the most salient one is drawn.
    const [from, to] = [x, x + 1].map((v) => (v / width) * map.length) as [number, number];
    const here = map.subarray(Math.floor(from), Math.max(Math.floor(from) + 1, Math.ceil(to)));
    strip.fill(x, 0, 1, height, colorOf(loudest(scale, here)));
  }
  chart.plot(strip, 0);
  chart.close(axis, scale, "the map");
  return chart.canvas;
}

interface Plot {
  readonly height: number;
  readonly range: readonly [low: number, high: number];
}

function curve(signal: Float32Array, map: Float32Array, scale: ColorScale, plot: Plot): Raster {
  const { paper, thread } = papers[groundOf(scale)];
  const [columns, rows] = [width * finer, plot.height * finer];
  const canvas = new Canvas(columns, rows, paper);
  const rowOf = (value: number): number => Math.round(placeOn(plot.range, value) * (rows - 1));
  const colorOf = paletteOf(scale);
  const pieces = Array.from({ length: columns }, (_, x) => {
    const [from, to] = [x, x + 1].map((v) => positionAt(v / columns, signal.length)) as [
      number,
      number,
    ];
    const inside = between(from, to);
    const values = [at(signal, from), ...inside.map((i) => signal[i]!), at(signal, to)];
    const value = loudest(scale, [at(map, from), ...inside.map((i) => map[i]!), at(map, to)]);
    const heat = heatOf(scale, value);
    const radius = Math.round((0.4 + heat) * finer);
    const top = rowOf(values.reduce((p, v) => Math.max(p, v))) - radius;
    const bottom = rowOf(values.reduce((p, v) => Math.min(p, v))) + radius;
    const color = mixed(thread, colorOf(value), Math.min(1, heat / fullColor));
    return { x: x - radius, top, width: 2 * radius + 1, height: bottom - top + 1, heat, color };
  });
  // Salient pieces are drawn last.
  for (const piece of pieces.toSorted((p, q) => p.heat - q.heat)) {
    canvas.fill(piece.x, piece.top, piece.width, piece.height, piece.color);
  }
  return resample(canvas, width, plot.height, "bilinear");
}

/** From this salience on, the curve has the colour of its map; below, it fades to the grey line's colour. */
const fullColor = 0.35;

function mixed(from: Color, to: Color, share: number): Color {
  const [r, g, b] = from.map((v, i) => Math.round(v + share * (to[i]! - v))) as [
    number,
    number,
    number,
  ];
  return [r, g, b];
}

const groundOf = ({ colormap }: ColorScale): "sequential" | "diverging" =>
  isDiverging(colormap) ? "diverging" : "sequential";

function paletteOf(scale: ColorScale): (value: number) => Color {
  const colors = colorsOf(scale.colormap);
  return (value) => {
    const index = colorIndex(scale, value) * 3;
    return [colors[index]!, colors[index + 1]!, colors[index + 2]!];
  };
}

const loudest = (scale: ColorScale, values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => (heatOf(scale, b) > heatOf(scale, a) ? b : a));

/** The sample position at a fraction of the width; each sample is at the centre of its cell. */
function positionAt(share: number, length: number): number {
  return Math.min(length - 1, Math.max(0, share * length - 0.5));
}

/** Integers strictly between two numbers. */
function between(from: number, to: number): number[] {
  const first = Math.floor(from) + 1;
  return Array.from({ length: Math.max(0, Math.ceil(to) - first) }, (_, i) => first + i);
}

/** Linear interpolation between samples. */
function at(values: Float32Array, place: number): number {
  const i = Math.floor(place);
  const next = values[Math.min(i + 1, values.length - 1)]!;
  return values[i]! + (place - i) * (next - values[i]!);
}

function extremes(signal: Float32Array): readonly [number, number] {
  return [signal.reduce((a, b) => Math.min(a, b)), signal.reduce((a, b) => Math.max(a, b))];
}

/** The signal's value range with a margin. */
function rangeOf(signal: Float32Array): readonly [number, number] {
  const [low, high] = extremes(signal);
  const room = high > low ? (high - low) * 0.08 : Math.max(1, Math.abs(low));
  return [low - room, high + room];
}

function ticksIn(signal: Float32Array, height: number): readonly number[] {
  return roundTicks(...extremes(signal), Math.max(2, Math.floor(height / 44)));
}

/** Vertical position of a value: 0 at the top of a plot, 1 at its bottom. */
function placeOn([low, high]: readonly [number, number], value: number): number {
  return (high - value) / (high - low);
}
