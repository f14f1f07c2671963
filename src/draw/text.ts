import { glyphTable, lineHeight, spaceWidth } from "./glyphs.js";

export { lineHeight };

/** A character as a bitmap. */
export interface Glyph {
  /** Advance width, in pixels. */
  readonly advance: number;
  /** Left edge of the bitmap, relative to the pen at the top of the line. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  /** Coverage of each pixel, 0 to 15, row by row. */
  readonly ink: readonly number[];
}

const glyphs = new Map(
  glyphTable
    .trim()
    .split("\n")
    .map((line) => {
      const [character = "", advance, left, top, width, , ink = ""] = line.split(" ");
      const pixels = Array.from(ink, (digit) => parseInt(digit, 16));
      const numbers = { advance: Number(advance), left: Number(left), top: Number(top) };
      return [character, { ...numbers, width: Number(width), ink: pixels }] as const;
    }),
);

const space: Glyph = { advance: spaceWidth, left: 0, top: 0, width: 0, ink: [] };

/** Characters drawn as similar ones. */
const standIns: Readonly<Record<string, string>> = { "−": "-", "–": "-", "—": "-", "×": "x" };

/** The glyphs of a line of text. Accents are dropped; characters without a glyph become question marks. */
export function glyphsOf(text: string): readonly Glyph[] {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "");
  return Array.from(plain, (character) => {
    if (/\s/u.test(character)) return space;
    return glyphs.get(standIns[character] ?? character) ?? glyphs.get("?")!;
  });
}

/** Width of a line of text in pixels. */
export function textWidth(text: string): number {
  return glyphsOf(text).reduce((width, glyph) => width + glyph.advance, 0);
}

/** Truncates a text at its end to the given width, with "…". */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const characters = Array.from(text);
  while (characters.length > 0 && textWidth(`${characters.join("")}…`) > width) characters.pop();
  return `${characters.join("").trimEnd()}…`;
}

/** Like {@link fitText}, but truncates at the start: the end of a node's path is the most specific. */
export function fitTextEnd(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const characters = Array.from(text);
  while (characters.length > 0 && textWidth(`…${characters.join("")}`) > width) characters.shift();
  return `…${characters.join("").trimStart()}`;
}

/** Wraps a text to at most `most` lines of the given width; an overflow is marked with "…". */
export function wrapText(text: string, width: number, most: number): readonly string[] {
  const lines: string[] = [];
  const words = text.split(/\s+/).filter((word) => word !== "");
  while (words.length > 0 && lines.length < most) {
    let count = 1;
    while (count < words.length && textWidth(words.slice(0, count + 1).join(" ")) <= width) count++;
    const isLast = lines.length === most - 1;
    lines.push(fitText(words.splice(0, isLast ? words.length : count).join(" "), width));
  }
  return lines;
}
