import type { Raster } from "../../image/raster.js";
import { resample } from "../../image/resample.js";

/** Colours of a terminal: 24 bits, or the 256 of xterm. */
export type TerminalColors = "true" | "256";

/**
 * The colours that the environment declares; undefined if there are none, or colour is disabled (https://no-color.org).
 */
export function terminalColors(
  environment: Readonly<Record<string, string | undefined>>,
): TerminalColors | undefined {
  const { NO_COLOR = "", COLORTERM = "", TERM = "" } = environment;
  if (NO_COLOR !== "" || TERM === "dumb") return undefined;
  if (/truecolor|24bit/i.test(COLORTERM)) return "true";
  return /256color/.test(TERM) ? "256" : undefined;
}

/** A picture as lines of upper half blocks: two pixels in each character, one above the other. */
export function halfBlocks(picture: Raster, columns: number, colors: TerminalColors): string {
  const width = Math.min(columns, picture.width);
  const height = Math.max(2, 2 * Math.round((picture.height * width) / picture.width / 2));
  const { data } = resample(picture, width, height, "bilinear");
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let line = "";
    for (let x = 0; x < width; x++) {
      const [upper, lower] = [(y * width + x) * 3, ((y + 1) * width + x) * 3];
      line += `\u001b[38;${code(data, upper, colors)};48;${code(data, lower, colors)}m\u2580`;
    }
    lines.push(`${line}\u001b[0m`);
  }
  return lines.join("\n");
}

/** The end of an SGR sequence for a pixel's colour. */
function code(data: Uint8Array, at: number, colors: TerminalColors): string {
  const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
  if (colors === "true") return `2;${red};${green};${blue}`;
  // The cube of 6 x 6 x 6 colours from 16 on.
  const level = (byte: number): number => Math.round((byte / 255) * 5);
  return `5;${16 + 36 * level(red) + 6 * level(green) + level(blue)}`;
}
