import { ImageError } from "../errors.js";
import { checkSize, type Raster } from "../image/raster.js";
import { glyphsOf, textWidth } from "./text.js";

export type Color = readonly [red: number, green: number, blue: number];

/** Horizontal alignment of text at x. */
export type Align = "left" | "center" | "right";

/** A picture to draw on. Drawing outside its bounds is clipped. */
export class Canvas implements Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;

  /** @throws {ImageError} if it would be empty or exceed the size limit */
  constructor(width: number, height: number, background: Color) {
    checkSize(width, height, "the sheet");
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, background);
  }

  /** Draws a filled rectangle. */
  fill(x: number, y: number, width: number, height: number, color: Color): void {
    const [left, right] = [Math.max(0, x), Math.min(this.width, x + width)];
    const [top, bottom] = [Math.max(0, y), Math.min(this.height, y + height)];
    if (left >= right || top >= bottom) return;
    const [first, end] = [left, right].map((column) => (top * this.width + column) * 3) as [
      number,
      number,
    ];
    for (let at = first; at < end; at++) this.data[at] = color[(at - first) % 3]!;
    for (let row = top + 1; row < bottom; row++) {
      this.data.copyWithin((row * this.width + left) * 3, first, end);
    }
  }

  /** Copies a picture with its top left corner at (x, y). @throws {ImageError} if it does not fit */
  paste(picture: Raster, x: number, y: number): void {
    if (x < 0 || y < 0 || x + picture.width > this.width || y + picture.height > this.height) {
      throw new ImageError(
        `a picture of ${picture.width} x ${picture.height} at ${x}, ${y} does not fit into the sheet`,
      );
    }
    const length = picture.width * 3;
    for (let row = 0; row < picture.height; row++) {
      const pixels = picture.data.subarray(row * length, (row + 1) * length);
      this.data.set(pixels, ((y + row) * this.width + x) * 3);
    }
  }

  /** Draws a line of text with its top at y. */
  text(line: string, x: number, y: number, color: Color, align: Align = "left"): void {
    const width = align === "left" ? 0 : textWidth(line);
    let pen = x - (align === "center" ? Math.round(width / 2) : width);
    for (const { advance, left, top, width: columns, ink } of glyphsOf(line)) {
      ink.forEach((amount, i) => {
        const column = pen + left + (i % columns);
        this.blend(column, y + top + Math.floor(i / columns), color, amount / 15);
      });
      pen += advance;
    }
  }

  private blend(x: number, y: number, color: Color, share: number): void {
    if (share === 0 || x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = (y * this.width + x) * 3;
    color.forEach((value, c) => {
      this.data[at + c] = Math.round(this.data[at + c]! * (1 - share) + value * share);
    });
  }
}
