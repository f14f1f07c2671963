import { describe, expect, test } from "vitest";
import { ImageError } from "../../../src/errors.js";
import { Canvas, type Color } from "../../../src/draw/canvas.js";
import { fitText, glyphsOf, lineHeight, textWidth, wrapText } from "../../../src/draw/text.js";

const white: Color = [255, 255, 255];
const black: Color = [0, 0, 0];

/** The picture as rows of "#" (darker than half) and ".". */
function rowsOf({ width, height, data }: Canvas): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => (data[(y * width + x) * 3]! < 128 ? "#" : ".")).join(
      "",
    ),
  );
}

describe("a canvas", () => {
  test("fills rectangles, clipped to its bounds", () => {
    const canvas = new Canvas(4, 3, white);
    canvas.fill(2, 1, 9, 9, black);
    canvas.fill(-5, -5, 6, 6, black);
    expect(rowsOf(canvas)).toEqual(["#...", "..##", "..##"]);
  });

  test("pastes a picture at its position", () => {
    const canvas = new Canvas(3, 2, white);
    canvas.paste({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }, 1, 1);
    expect([...canvas.data.subarray(9)]).toEqual([255, 255, 255, 1, 2, 3, 4, 5, 6]);
    expect(() => {
      canvas.paste({ width: 2, height: 1, data: new Uint8Array(6) }, 2, 1);
    }).toThrow(ImageError);
  });

  test("cannot exceed the size limit", () => {
    expect(() => new Canvas(100_000, 1000, white)).toThrow(/89478485/);
  });

  test("draws legible letters", () => {
    const canvas = new Canvas(15, lineHeight, white);
    canvas.text("Tl", 0, 0, black);
    expect(rowsOf(canvas).filter((row) => row.includes("#"))).toEqual([
      ".#######.#.....",
      "....#....#.....",
      "....#....#.....",
      "....#....#.....",
      "....#....#.....",
      "....#....#.....",
      "....#....#.....",
      "....#....#.....",
      "....#....##....",
    ]);
  });

  test("aligns text left, centred and right", () => {
    const columns = (align: "left" | "center" | "right"): number[] => {
      const canvas = new Canvas(60, lineHeight, white);
      canvas.text("HH", 30, 0, black, align);
      const dark = rowsOf(canvas).flatMap((row) =>
        Array.from(row).flatMap((c, x) => (c === "#" ? [x] : [])),
      );
      return [Math.min(...dark), Math.max(...dark)];
    };
    const width = textWidth("HH");
    const [first, last] = columns("left") as [number, number];
    expect(first).toBeGreaterThanOrEqual(30);
    expect(last).toBeLessThan(30 + width);
    expect(columns("right")).toEqual([first - width, last - width]);
    expect(columns("center")).toEqual([
      first - Math.round(width / 2),
      last - Math.round(width / 2),
    ]);
  });
});

describe("text", () => {
  test("has a glyph for each printable ASCII character", () => {
    const unknown = glyphsOf("\u4e2d")[0];
    for (let code = 33; code < 127; code++) {
      const character = String.fromCharCode(code);
      const [glyph] = glyphsOf(character);
      expect(
        glyph!.ink.some((i) => i > 7),
        character,
      ).toBe(true);
      if (character !== "?") expect(glyph, character).not.toBe(unknown);
    }
  });

  test("drops accents and draws × as x", () => {
    expect(glyphsOf("é×")).toEqual(glyphsOf("ex"));
  });

  test("is truncated to a width with an ellipsis", () => {
    const long = "integrated-gradients";
    expect(fitText(long, textWidth(long))).toBe(long);
    const cut = fitText(long, 60);
    expect(cut).toMatch(/^integ.*…$/);
    expect(textWidth(cut)).toBeLessThanOrEqual(60);
  });

  test("wraps at spaces, and the last line is truncated", () => {
    const width = textWidth("one two");
    expect(wrapText("one two three four", width, 9)).toEqual(["one two", "three", "four"]);
    const cut = wrapText("one two three four", width, 2);
    expect(cut).toHaveLength(2);
    expect(cut[1]).toMatch(/^three?.*…$/);
    expect(wrapText("", width, 3)).toEqual([]);
  });
});
