/**
 * What the page of a comparison does, as the browser gets it. The first part only computes, and is the same rule as
 * draw/overlay.ts and draw/color-scale.ts; a test holds the two together. The second part is the page's behaviour.
 *
 * @module
 */

/** From the embedded data to the colours of pixels. */
export const computing = /* js */ `
"use strict";

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// A step is 1/65534 of the way from the least number to the most.
function decodeMap({ steps, least, most }) {
  const bytes = new DataView(bytesOf(steps).buffer);
  const values = new Float64Array(bytes.byteLength / 2);
  for (let i = 0; i < values.length; i++) {
    values[i] = least + (bytes.getUint16(i * 2, true) / 65534) * (most - least);
  }
  return values;
}

const clamp = (v) => Math.min(1, Math.max(0, v));

function colorIndex({ low, high, diverging }, value) {
  if (!(high > low)) return diverging ? 128 : 0;
  return Math.round(clamp((value - low) / (high - low)) * 255);
}

function heatOf({ low, high, diverging }, value) {
  if (!(high > low)) return 0;
  return clamp(diverging ? Math.abs(value) / high : (value - low) / (high - low));
}

// R, G, B, A of a map in its colours, over the photograph's R, G, B, A where there is one.
function compose(values, scale, colors, opacity, photograph, { saturation, grounds }) {
  const { paper, strength } = scale.diverging ? grounds.diverging : grounds.sequential;
  const pixels = new Uint8ClampedArray(values.length * 4);
  for (let i = 0; i < values.length; i++) {
    const at = i * 4;
    const color = colorIndex(scale, values[i]) * 3;
    const alpha = photograph ? opacity * heatOf(scale, values[i]) : 1;
    let grey = 0;
    if (photograph) {
      grey = 0.299 * photograph[at] + 0.587 * photograph[at + 1] + 0.114 * photograph[at + 2];
    }
    for (let c = 0; c < 3; c++) {
      const muted = photograph ? grey + saturation * (photograph[at + c] - grey) : 0;
      const below = paper + strength * (muted - paper);
      pixels[at + c] = (1 - alpha) * below + alpha * colors[color + c];
    }
    pixels[at + 3] = 255;
  }
  return pixels;
}

function format(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(3);
  return String(Number(value.toPrecision(4)));
}
`;

/** Controls, drawing, and the marks that follow pointer and keys. */
export const behaving = /* js */ `
const data = JSON.parse(document.getElementById("comparison").textContent);
const tables = Object.fromEntries(
  Object.entries(data.colormaps).map(([name, base64]) => [name, bytesOf(base64)]),
);
const controls = document.getElementById("controls");
const say = document.getElementById("reading");
const pictures = [];

function settings() {
  const { opacity, colormap, scale, photograph } = controls.elements;
  return {
    opacity: opacity.valueAsNumber,
    colormap: colormap.value,
    scale: scale.value,
    photograph: photograph.checked,
  };
}

// The picture of a row as pixels of the map's size; decoded once.
const views = new Map();
async function viewOf(row, width, height) {
  const image = document.querySelector("#row-" + row + " .view img");
  if (!image) return null;
  const key = [row, width, height].join();
  if (!views.has(key)) {
    views.set(key, image.decode().then(() => {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0, width, height);
      return context.getImageData(0, 0, width, height).data;
    }));
  }
  return views.get(key);
}

async function draw(picture) {
  const { map, canvas, figure } = picture;
  const { opacity, colormap, scale: choice, photograph } = settings();
  picture.values ??= decodeMap(map);
  const [low, high] = map[choice];
  const scale = { low, high, diverging: map.signed };
  const colors = tables[map.signed ? "rdbu" : colormap];
  const view = photograph && !map.alone ? await viewOf(picture.row, map.width, map.height) : null;
  const pixels = compose(picture.values, scale, colors, opacity, view, data.photograph);
  canvas.getContext("2d").putImageData(new ImageData(pixels, map.width, map.height), 0, 0);
  const bar = figure.querySelector(".bar");
  if (!bar) return;
  const steps = Float64Array.from({ length: 256 }, (_, i) => low + ((high - low) * i) / 255);
  const ramp = compose(steps, scale, colors, 1, null, data.photograph);
  bar.getContext("2d").putImageData(new ImageData(ramp, 256, 1), 0, 0);
  figure.querySelector(".low").textContent = format(low);
  figure.querySelector(".high").textContent = format(high);
}

// Only what can be seen is drawn; the rest is, when it is scrolled to.
const visible = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const picture = pictures[Number(target.dataset.picture)];
    if (isIntersecting) {
      visible.add(picture);
      if (picture.stale) later(picture);
    } else visible.delete(picture);
  }
}, { rootMargin: "300px" });

const waiting = new Set();
function later(picture) {
  if (waiting.size === 0) requestAnimationFrame(() => {
    for (const next of waiting) {
      next.stale = false;
      draw(next);
    }
    waiting.clear();
  });
  waiting.add(picture);
}

function redraw() {
  document.getElementById("percent").textContent = Math.round(settings().opacity * 100) + " %";
  for (const picture of pictures) {
    picture.stale = true;
    if (visible.has(picture)) later(picture);
  }
}

// A place is a share of the width and of the height, so that maps of all sizes have it.
function mark(row, place, said) {
  for (const picture of pictures) {
    if (picture.row !== row || picture.map.alone) continue;
    const { map, figure } = picture;
    const cross = figure.querySelector(".cross");
    const reading = figure.querySelector("output");
    cross.hidden = place === null;
    reading.textContent = "";
    if (place === null) continue;
    picture.values ??= decodeMap(map);
    const x = Math.min(map.width - 1, Math.floor(place.x * map.width));
    const y = Math.min(map.height - 1, Math.floor(place.y * map.height));
    const value = format(picture.values[y * map.width + x]);
    cross.style.left = ((x + 0.5) / map.width) * 100 + "%";
    cross.style.top = ((y + 0.5) / map.height) * 100 + "%";
    reading.textContent = value;
    if (picture === said) say.textContent = picture.name + ", x " + x + ", y " + y + ": " + value;
  }
}

function follow(picture) {
  const { canvas, map, row } = picture;
  let [x, y] = [map.width >> 1, map.height >> 1];
  const show = () => mark(row, { x: (x + 0.5) / map.width, y: (y + 0.5) / map.height }, picture);
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    x = Math.floor(clamp((event.clientX - box.left) / box.width) * (map.width - 0.001));
    y = Math.floor(clamp((event.clientY - box.top) / box.height) * (map.height - 0.001));
    show();
  });
  canvas.addEventListener("pointerleave", () => mark(row, null));
  canvas.addEventListener("focus", show);
  canvas.addEventListener("blur", () => mark(row, null));
  canvas.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 1;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key === "Escape") return mark(row, null);
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    x = Math.min(map.width - 1, Math.max(0, x + move[0]));
    y = Math.min(map.height - 1, Math.max(0, y + move[1]));
    show();
  });
}

for (const canvas of document.querySelectorAll("canvas[data-map]")) {
  const map = data.maps[Number(canvas.dataset.map)];
  const figure = canvas.closest("figure");
  const row = Number(canvas.closest("section").dataset.row);
  const name = canvas.getAttribute("aria-label");
  const picture = { map, canvas, figure, row, name, stale: true };
  canvas.dataset.picture = pictures.push(picture) - 1;
  if (!map.alone) follow(picture);
  watcher.observe(canvas);
}
controls.addEventListener("input", ({ target }) => {
  if (target.name === "theme") document.documentElement.dataset.theme = target.value;
  else redraw();
});
controls.addEventListener("submit", (event) => event.preventDefault());
redraw();
`;
