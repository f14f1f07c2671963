import { sizeOf } from "../../tensor/shape.js";
import { boxIn } from "../building-blocks/box.js";

/** Most rounds of moving the centres; they rest before, as a rule. */
const rounds = 10;

/**
 * SLIC superpixels (Achanta et al., IEEE TPAMI 2012), as scikit-image's `slic`: k-means of colours and places from centres on a
 * grid of step S, with the distance d² = (colours/compactness)² + (places/S)² within 2S of each centre; then parts that do not
 * hang together are regions of their own, and those below half the mean size go to a neighbour.
 *
 * @param channels colours [channels][places], in CIE Lab for pictures
 * @param dims extents of the places
 * @returns for each place the number of its region, from 0
 */
export function superpixels(
  channels: readonly Float64Array[],
  dims: readonly number[],
  count: number,
  compactness: number,
): Int32Array {
  const area = sizeOf(dims);
  const steps = gridSteps(dims, count);
  const reach = Math.max(...steps.map((s) => Math.round(s)));
  const at = coordinates(dims);
  const features = [
    ...channels.map((c) => c.map((v) => v / compactness)),
    ...at.map((c) => c.map((v) => v / reach)),
  ];
  const seeds = gridPoints(dims, steps);
  // The same colour for all, so that the first round goes by places alone.
  const centres = seeds.map((p) => features.map((f, i) => (i < channels.length ? 0 : f[p]!)));
  const labels = new Int32Array(area).fill(-1);
  for (let round = 0; round < rounds; round++) {
    const distances = new Float64Array(area).fill(Infinity);
    let changed = false;
    const before = labels.slice();
    for (const [k, centre] of centres.entries()) {
      const middle = centre.slice(channels.length).map((v) => v * reach);
      const start = middle.map((v) => Math.max(0, Math.floor(v - 2 * reach)));
      const size = middle.map(
        (v, axis) => Math.min(dims[axis]!, Math.ceil(v + 2 * reach) + 1) - start[axis]!,
      );
      const { starts, length } = boxIn(dims, start, size);
      for (const from of starts) {
        for (let p = from; p < from + length; p++) {
          let distance = 0;
          for (let f = 0; f < features.length; f++)
            distance += (features[f]![p]! - centre[f]!) ** 2;
          if (distance < distances[p]!) [distances[p], labels[p]] = [distance, k];
        }
      }
    }
    for (let p = 0; p < area && !changed; p++) changed = labels[p] !== before[p];
    if (!changed) break;
    move(centres, features, labels);
  }
  return connected(labels, dims, Math.floor(area / centres.length / 2));
}

/** Each centre to the mean of its region; one without a region stays. */
function move(centres: number[][], features: readonly Float64Array[], labels: Int32Array): void {
  const counts = new Float64Array(centres.length);
  for (const k of labels) if (k >= 0) counts[k]! += 1;
  for (const [f, values] of features.entries()) {
    const sums = new Float64Array(centres.length);
    for (const [p, k] of labels.entries()) if (k >= 0) sums[k]! += values[p]!;
    for (const [k, centre] of centres.entries())
      if (counts[k]! > 0) centre[f] = sums[k]! / counts[k]!;
  }
}

/** The step of a grid of `count` points along each axis; an axis shorter than that has one point. */
function gridSteps(dims: readonly number[], count: number): readonly number[] {
  const long = new Set(dims.keys());
  for (;;) {
    const size = sizeOf([...long].map((axis) => dims[axis]!));
    const step = Math.max(1, (size / count) ** (1 / Math.max(1, long.size)));
    const short = [...long].filter((axis) => dims[axis]! < step);
    if (short.length === 0 || short.length === long.size) {
      return dims.map((extent, axis) => (long.has(axis) ? Math.min(step, extent) : extent));
    }
    for (const axis of short) long.delete(axis);
  }
}

function gridPoints(dims: readonly number[], steps: readonly number[]): readonly number[] {
  return dims.reduce<readonly number[]>(
    (points, extent, axis) => {
      const step = Math.round(steps[axis]!);
      const first = Math.floor(steps[axis]! / 2);
      const along = Array.from(
        { length: Math.ceil((extent - first) / step) },
        (_, i) => first + i * step,
      );
      return points.flatMap((p) => along.map((i) => p * extent + i));
    },
    [0],
  );
}

function coordinates(dims: readonly number[]): readonly Float64Array[] {
  return dims.map((extent, axis) => {
    const inner = sizeOf(dims.slice(axis + 1));
    return Float64Array.from({ length: sizeOf(dims) }, (_, p) => Math.floor(p / inner) % extent);
  });
}

/** Numbers connected parts from 0 on; one of fewer than `least` places joins the neighbour that was found before it. */
function connected(labels: Int32Array, dims: readonly number[], least: number): Int32Array {
  const result = new Int32Array(labels.length).fill(-1);
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  const neighbours = (p: number): number[] =>
    strides.flatMap((stride, axis) => {
      const i = Math.floor(p / stride) % dims[axis]!;
      return [...(i > 0 ? [p - stride] : []), ...(i < dims[axis]! - 1 ? [p + stride] : [])];
    });
  let next = 0;
  for (let p = 0; p < labels.length; p++) {
    if (result[p] !== -1) continue;
    const part = [p];
    let beside = -1;
    result[p] = next;
    for (const q of part) {
      for (const r of neighbours(q)) {
        if (result[r] === -1 && labels[r] === labels[p]) {
          result[r] = next;
          part.push(r);
        } else if (result[r] !== -1 && result[r] !== next) {
          beside = result[r]!;
        }
      }
    }
    if (part.length < least && beside !== -1) for (const q of part) result[q] = beside;
    else next += 1;
  }
  return result;
}
