import { random } from "../tensor/random.js";
import { extentOf, type MapMaker, type Subject } from "./subject.js";

/**
 * Maps that know nothing of the network. A method that does no better has shown nothing: `random` is a number for each
 * pixel, `edge` where the picture changes, `center` the photographer's habit.
 */
export function baselines(seed: number): readonly MapMaker[] {
  return [
    baseline("random", (subject) => randomMap(subject, seed)),
    baseline("edge", edgeMap),
    baseline("center", centerMap),
  ];
}

function baseline(name: string, draw: (subject: Subject) => Float32Array): MapMaker {
  return {
    name,
    isBaseline: true,
    maps: (subjects) => Promise.resolve(subjects.map(draw)),
  };
}

function randomMap(subject: Subject, seed: number): Float32Array {
  const numbers = random(subject.seed ^ Math.imul(seed + 1, 0x9e3779b1));
  return Float32Array.from({ length: extentOf(subject).pixels }, () => numbers.uniform());
}

/**
 * |∇| of the picture by Sobel's kernels, with the border repeated (I. Sobel, G. Feldman, 1968; the derivation is in
 * Sobel's note of 2014), summed over channels. Units are the network's: what a channel is scaled by scales its edges.
 */
function edgeMap(subject: Subject): Float32Array {
  const { channels, height, width, pixels } = extentOf(subject);
  const map = new Float32Array(pixels);
  const column = (x: number): number => Math.min(width - 1, Math.max(0, x));
  const row = (y: number): number => Math.min(height - 1, Math.max(0, y));
  for (let c = 0; c < channels; c++) {
    const plane = subject.x.data.subarray(c * pixels, (c + 1) * pixels);
    const at = (y: number, x: number): number => plane[row(y) * width + column(x)]!;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const across = (dy: number): number => at(y + dy, x + 1) - at(y + dy, x - 1);
        const down = (dx: number): number => at(y + 1, x + dx) - at(y - 1, x + dx);
        const dx = across(-1) + 2 * across(0) + across(1);
        const dy = down(-1) + 2 * down(0) + down(1);
        map[y * width + x]! += Math.hypot(dx, dy);
      }
    }
  }
  return map;
}

/** exp(−r²/2σ²) around the middle, σ a quarter of each side. */
function centerMap(subject: Subject): Float32Array {
  const { height, width, pixels } = extentOf(subject);
  const away = (at: number, side: number): number => (at - (side - 1) / 2) / (side / 4);
  return Float32Array.from({ length: pixels }, (_, i) => {
    const [y, x] = [away(Math.floor(i / width), height), away(i % width, width)];
    return Math.exp(-(x * x + y * y) / 2);
  });
}
