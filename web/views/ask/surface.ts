import { button, part } from "../../dom.js";
import {
  boxBetween,
  brush,
  fitBox,
  selectBox,
  selectMask,
  type Box,
  type Point,
  type Selection,
  type Tool,
  type ViewSize,
} from "./selection.js";
import { paintSelection } from "./paint-selection.js";

const surface = part("surface", HTMLElement);
const place = part("tool-buttons", HTMLElement);
const keys = part("surface-keys", HTMLElement);

const tools: Readonly<Record<Tool, { readonly name: string; readonly keys: string }>> = {
  box: {
    name: "Box",
    keys: "Drag over the map. By keyboard: arrows move the box, Shift and arrows resize it, Escape removes it.",
  },
  brush: {
    name: "Brush",
    keys: "Paint over the map. By keyboard: arrows move the brush, Space paints, Escape removes the paint.",
  },
  point: {
    name: "Pixel",
    keys: "Click a pixel of the map. By keyboard: arrows move it, Escape removes it.",
  },
};

const arrows: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Chooses a region of the large map: by mouse, touch, pen or keyboard. */
export class Surface {
  private readonly onSelect: (selection: Selection | undefined, isFinal: boolean) => void;
  private readonly buttons = new Map<Tool, HTMLButtonElement>();
  private size: ViewSize = { width: 1, height: 1 };
  /** A finger scrolls the page unless the user has chosen to draw. */
  private tool: Tool = matchMedia("(pointer: coarse)").matches ? "point" : "box";
  private box: Box | undefined;
  private mask: Uint8Array | undefined;
  private cursor: Point = { x: 0, y: 0 };
  private start: Point | undefined;

  /** @param onSelect called while the region is drawn, and with `isFinal` when it is done */
  constructor(onSelect: (selection: Selection | undefined, isFinal: boolean) => void) {
    this.onSelect = onSelect;
    for (const tool of ["box", "brush", "point"] as const) {
      const made = button(tools[tool].name, { "data-tool": tool }, () => {
        this.use(tool);
      });
      this.buttons.set(tool, made);
      place.append(made);
    }
    this.use(this.tool);
    surface.addEventListener("pointerdown", (event) => {
      if (event.button === 0) this.begin(event);
    });
    surface.addEventListener("pointermove", (event) => {
      if (this.start) this.draw(this.pixelAt(event), false);
    });
    surface.addEventListener("pointerup", (event) => {
      if (this.start) this.draw(this.pixelAt(event), true);
      this.start = undefined;
    });
    surface.addEventListener("pointercancel", () => {
      this.start = undefined;
    });
    surface.addEventListener("keydown", (event) => {
      if (this.press(event)) event.preventDefault();
    });
  }

  /** The size of the view that the map is drawn over. Keeps the region if the size is the same. */
  fit({ width, height }: ViewSize): void {
    surface.hidden = false;
    if (width === this.size.width && height === this.size.height) return;
    this.size = { width, height };
    this.clear();
  }

  clear(): void {
    this.box = this.mask = undefined;
    this.cursor = { x: Math.floor(this.size.width / 2), y: Math.floor(this.size.height / 2) };
    this.select(undefined, true);
  }

  private use(tool: Tool): void {
    this.tool = tool;
    surface.dataset["tool"] = tool;
    keys.textContent = tools[tool].keys;
    for (const [name, made] of this.buttons) {
      made.setAttribute("aria-pressed", String(name === tool));
    }
  }

  private begin(event: PointerEvent): void {
    const at = this.pixelAt(event);
    this.start = this.cursor = at;
    // A finger on the point tool may still turn into a scroll.
    if (this.tool !== "point") surface.setPointerCapture(event.pointerId);
    this.draw(at, false);
  }

  /** Extends what is being drawn to a pixel. */
  private draw(to: Point, isFinal: boolean): void {
    const { tool, start = to } = this;
    if (tool === "brush") {
      this.paint(this.cursor, to, isFinal);
      this.cursor = to;
      return;
    }
    const isDrag = Math.hypot(to.x - start.x, to.y - start.y) >= 2;
    this.take(
      tool === "box" && isDrag ? boxBetween(start, to) : { ...to, width: 1, height: 1 },
      isFinal,
    );
  }

  private take(box: Box, isFinal: boolean): void {
    this.box = fitBox(box, this.size);
    this.mask = undefined;
    const isPixel = this.box.width === 1 && this.box.height === 1;
    this.select(selectBox(this.box, this.size, isPixel ? "point" : "box"), isFinal);
  }

  private paint(from: Point, to: Point, isFinal: boolean): void {
    const { width, height } = this.size;
    this.box = undefined;
    this.mask = this.mask?.slice() ?? new Uint8Array(width * height);
    brush(this.mask, this.size, from, to, Math.max(1, Math.min(width, height) / 24));
    this.select(selectMask(this.mask, this.size, "brush"), isFinal);
  }

  private press({ key, shiftKey }: KeyboardEvent): boolean {
    if (key === "Escape") {
      this.clear();
      return true;
    }
    if (this.tool === "brush" && key === " ") {
      this.paint(this.cursor, this.cursor, true);
      return true;
    }
    const [dx, dy] = arrows[key] ?? [0, 0];
    if (dx === 0 && dy === 0) return false;
    const step = this.tool === "point" ? 1 : Math.max(1, Math.round(this.size.width / 28));
    const [x, y] = [dx * step, dy * step];
    if (this.tool === "brush") {
      this.cursor = fitBox(
        { x: this.cursor.x + x, y: this.cursor.y + y, width: 1, height: 1 },
        this.size,
      );
      this.select(this.mask && selectMask(this.mask, this.size, "brush"), false);
      return true;
    }
    const { width, height } = this.size;
    const middle = { x: width >> 2, y: height >> 2, width: width >> 1, height: height >> 1 };
    const known =
      this.tool === "point" ? { ...this.cursor, width: 1, height: 1 } : (this.box ?? middle);
    const resized = shiftKey && this.tool === "box";
    const next = resized
      ? { ...known, width: known.width + x, height: known.height + y }
      : { ...known, x: known.x + x, y: known.y + y };
    this.take(next, true);
    this.cursor = this.box!;
    return true;
  }

  private select(selection: Selection | undefined, isFinal: boolean): void {
    const cursor =
      this.tool === "brush" && document.activeElement === surface ? this.cursor : undefined;
    paintSelection(selection, this.size, cursor);
    this.onSelect(selection, isFinal);
  }

  private pixelAt({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = surface.getBoundingClientRect();
    const at = (offset: number, extent: number, pixels: number): number =>
      Math.min(pixels - 1, Math.max(0, Math.floor((offset / extent) * pixels)));
    return {
      x: at(clientX - left, width, this.size.width),
      y: at(clientY - top, height, this.size.height),
    };
  }
}
