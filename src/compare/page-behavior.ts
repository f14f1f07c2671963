/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { PageColors } from "./page-colors.js";
import type { PageData, PageMap } from "./page-data.js";

/**
 * The page's controls, its drawing, and the marks that follow pointer and keys. The page contains this function as
 * source text, so it uses only its argument.
 */
export function pageBehavior({ clamp, decodeBase64, decodeMap, compose, format }: PageColors) {
  /** A map and its canvas. */
  interface Picture {
    readonly map: PageMap;
    readonly canvas: HTMLCanvasElement;
    readonly figure: Element;
    readonly row: number;
    readonly name: string;
    stale: boolean;
    values?: Float64Array;
  }

  const byId = (id: string): HTMLElement => document.getElementById(id)!;
  const data = JSON.parse(byId("comparison").textContent) as PageData;
  const tables = new Map(
    Object.entries(data.colormaps).map(([name, base64]) => [name, decodeBase64(base64)]),
  );
  const controls = byId("controls") as HTMLFormElement;
  const say = byId("reading");
  const pictures: Picture[] = [];

  function settings() {
    const named = (name: string) => controls.elements.namedItem(name);
    return {
      opacity: (named("opacity") as HTMLInputElement).valueAsNumber,
      colormap: (named("colormap") as HTMLSelectElement).value,
      scale: (named("scale") as HTMLSelectElement).value as "own" | "shared",
      photograph: (named("photograph") as HTMLInputElement).checked,
    };
  }

  /** The picture of a row as pixels of the map's size; decoded once. */
  const views = new Map<string, Promise<Uint8ClampedArray>>();
  async function viewOf(row: number, width: number, height: number) {
    const image = document.querySelector<HTMLImageElement>(`#row-${row} .view img`);
    if (!image) return null;
    const key = [row, width, height].join();
    const view =
      views.get(key) ??
      image.decode().then(() => {
        const context = new OffscreenCanvas(width, height).getContext("2d")!;
        context.drawImage(image, 0, 0, width, height);
        return context.getImageData(0, 0, width, height).data;
      });
    views.set(key, view);
    return view;
  }

  const valuesOf = (picture: Picture): Float64Array => (picture.values ??= decodeMap(picture.map));

  function put(canvas: HTMLCanvasElement, pixels: Uint8ClampedArray<ArrayBuffer>, width: number) {
    canvas.getContext("2d")!.putImageData(new ImageData(pixels, width), 0, 0);
  }

  async function draw(picture: Picture): Promise<void> {
    const { map, canvas, figure } = picture;
    const { opacity, colormap, scale: choice, photograph } = settings();
    const [low, high] = map[choice];
    const scale = { low, high, diverging: map.signed };
    const colors = tables.get(map.signed ? "rdbu" : colormap)!;
    const view = photograph && !map.alone ? await viewOf(picture.row, map.width, map.height) : null;
    put(
      canvas,
      compose(valuesOf(picture), scale, colors, opacity, view, data.photograph),
      map.width,
    );
    const bar = figure.querySelector<HTMLCanvasElement>(".bar");
    if (!bar) return;
    const steps = Float64Array.from({ length: 256 }, (_, i) => low + ((high - low) * i) / 255);
    put(bar, compose(steps, scale, colors, 1, null, data.photograph), 256);
    figure.querySelector(".low")!.textContent = format(low);
    figure.querySelector(".high")!.textContent = format(high);
  }

  /** Pictures in the viewport; others are drawn when scrolled to. */
  const visible = new Set<Picture>();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const picture = pictures[Number((target as HTMLElement).dataset["picture"])]!;
        if (isIntersecting) {
          visible.add(picture);
          if (picture.stale) later(picture);
        } else visible.delete(picture);
      }
    },
    { rootMargin: "300px" },
  );

  const waiting = new Set<Picture>();
  function later(picture: Picture): void {
    if (waiting.size === 0) {
      requestAnimationFrame(() => {
        for (const next of waiting) {
          next.stale = false;
          void draw(next).then(() => {
            next.canvas.ariaBusy = String(next.stale);
          });
        }
        waiting.clear();
      });
    }
    waiting.add(picture);
  }

  function redraw(): void {
    byId("percent").textContent = `${Math.round(settings().opacity * 100)} %`;
    for (const picture of pictures) {
      picture.stale = true;
      picture.canvas.ariaBusy = "true";
      if (visible.has(picture)) later(picture);
    }
  }

  /**
   * Shows the value of every map at one position, given as fractions of width and height so that it applies to maps of
   * all sizes.
   */
  function mark(
    row: number,
    place: { readonly x: number; readonly y: number } | null,
    said?: Picture,
  ): void {
    for (const picture of pictures) {
      if (picture.row !== row || picture.map.alone) continue;
      const { map, figure } = picture;
      const cross = figure.querySelector<HTMLElement>(".cross")!;
      const reading = figure.querySelector("output")!;
      cross.hidden = place === null;
      reading.textContent = "";
      if (place === null) continue;
      const x = Math.min(map.width - 1, Math.floor(place.x * map.width));
      const y = Math.min(map.height - 1, Math.floor(place.y * map.height));
      const value = format(valuesOf(picture)[y * map.width + x]!);
      cross.style.left = `${((x + 0.5) / map.width) * 100}%`;
      cross.style.top = `${((y + 0.5) / map.height) * 100}%`;
      reading.textContent = value;
      if (picture === said) say.textContent = `${picture.name}, x ${x}, y ${y}: ${value}`;
    }
  }

  function follow(picture: Picture): void {
    const { canvas, map, row } = picture;
    let [x, y] = [map.width >> 1, map.height >> 1];
    const show = (): void => {
      mark(row, { x: (x + 0.5) / map.width, y: (y + 0.5) / map.height }, picture);
    };
    const hide = (): void => {
      mark(row, null);
    };
    canvas.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect();
      x = Math.floor(clamp((event.clientX - box.left) / box.width) * (map.width - 0.001));
      y = Math.floor(clamp((event.clientY - box.top) / box.height) * (map.height - 0.001));
      show();
    });
    canvas.addEventListener("pointerleave", hide);
    canvas.addEventListener("focus", show);
    canvas.addEventListener("blur", hide);
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] },
    };
    canvas.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? 10 : 1;
      if (event.key === "Escape") {
        hide();
        return;
      }
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      x = Math.min(map.width - 1, Math.max(0, x + step * move[0]));
      y = Math.min(map.height - 1, Math.max(0, y + step * move[1]));
      show();
    });
  }

  for (const canvas of document.querySelectorAll<HTMLCanvasElement>("canvas[data-map]")) {
    const map = data.maps[Number(canvas.dataset["map"])]!;
    const figure = canvas.closest("figure")!;
    const row = Number(canvas.closest("section")!.dataset["row"]);
    const name = canvas.getAttribute("aria-label")!;
    const picture: Picture = { map, canvas, figure, row, name, stale: true };
    canvas.dataset["picture"] = String(pictures.push(picture) - 1);
    if (!map.alone) follow(picture);
    watcher.observe(canvas);
  }
  controls.addEventListener("input", ({ target }) => {
    const control = target as HTMLInputElement;
    if (control.name === "theme") document.documentElement.dataset["theme"] = control.value;
    else redraw();
  });
  controls.addEventListener("submit", (event) => {
    event.preventDefault();
  });
  redraw();
}
