import { colorScale, type ColorScale } from "../draw/color-scale.js";
import type { SequentialColormap } from "../draw/colormap.js";
import type { Comparison } from "./comparison.js";

/**
 * Whether each map has its own scale, or all maps of a method share one. Maps of different methods have no common unit.
 */
export const scaleChoices = ["own", "shared"] as const;

export type ScaleChoice = (typeof scaleChoices)[number];

/**
 * The scale of each map of a comparison, by row and method; undefined for a missing map. Methods whose maps have both
 * signs are coloured on a diverging scale, the others with `colormap`.
 */
export function scalesOf(
  { methods, rows }: Comparison,
  choice: ScaleChoice,
  colormap: SequentialColormap = "inferno",
): readonly (readonly (ColorScale | undefined)[])[] {
  const columns = methods.map(({ signed }, m) => {
    const maps = rows.map((row) => {
      const compared = row.maps[m]!;
      return "map" in compared ? compared.map.data : undefined;
    });
    const colors = signed ? "rdbu" : colormap;
    const own = maps.map((map) => (map ? colorScale([map], colors) : undefined));
    if (choice === "own") return own;
    const all = colorScale(
      maps.filter((map) => map !== undefined),
      colors,
    );
    return own.map((scale) => (scale ? all : undefined));
  });
  return rows.map((_, r) => columns.map((column) => column[r]));
}
