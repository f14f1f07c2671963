import { samplingMethod } from "../core/method.js";
import type { Sampler } from "../core/sampler.js";
import { given, number, whole } from "../core/settings.js";
import { sizeOf } from "../../tensor/shape.js";
import { float32, toNumbers } from "../../tensor/tensor.js";
import { gaussLegendre } from "../building-blocks/gauss-legendre.js";
import { labelsOf } from "./regions.js";

/** About how many superpixels each division of the image has. */
const scales = [8, 16, 32, 64, 128, 256] as const;

/**
 * XRAI: regions of several divisions of the image are added one by one, each time the one with the largest mean attribution
 * over what it adds, which is the map there; the rest gets its own mean. The attribution is the largest over channels of the mean of
 * integrated gradients from the least and from the largest value of the image (Kapishnikov et al. 2019, algorithm 1, as in PAIR's
 * `saliency`, with SLIC superpixels in place of Felzenszwalb's regions).
 */
export const xrai = samplingMethod({
  name: "xrai",
  title: "XRAI",
  paper: "Kapishnikov et al., XRAI: Better Attributions Through Regions, ICCV 2019",
  signed: true,
  attributes: "map",
  settings: {
    steps: whole(50, "quadrature points from each of the two baselines to the image", 1),
    compactness: number(10, "of superpixels: the larger, the more like squares", 1e-3),
    margin: number(0.022, "by how much regions are widened, as a part of the shorter side", 0, 1),
    least: number(0.001, "a region that adds less than this part of the image is left out", 0, 1),
    regions: given(
      "the regions in place of superpixels: a number for each position, [H,W] or [1,1,H,W]",
    ),
  },
  async sample(sampler, { steps, compactness, margin, least, regions }) {
    const dims = sampler.x.dims.slice(2);
    const attribution = await twoSided(sampler, steps);
    const divisions = (regions ? [0] : scales).map((segments) =>
      labelsOf(sampler, { segments, compactness, regions }),
    );
    const radius = Math.round(margin * Math.min(...dims));
    const parts = divisions.flatMap(({ labels, count }) =>
      membersOf(labels, count).map((members) => widened(members, dims, radius)),
    );
    const map = ranked(parts, attribution, Math.round(least * attribution.length));
    return { map: float32(sampler.mapDims, map), info: { regions: parts.length } };
  },
});

/** The largest over channels of the mean of integrated gradients from two constant images. */
async function twoSided(sampler: Sampler, steps: number): Promise<Float64Array> {
  const x = Float64Array.from(toNumbers(sampler.x));
  const ends = [x.reduce((p, v) => Math.min(p, v)), x.reduce((p, v) => Math.max(p, v))];
  const { nodes, weights } = gaussLegendre(steps);
  const sum = new Float64Array(x.length);
  const point = (i: number): Float32Array => {
    const [from, alpha] = [ends[Math.floor(i / steps)]!, nodes[i % steps]!];
    return Float32Array.from(x, (v) => from + alpha * (v - from));
  };
  for await (const { index, gradient } of sampler.gradients(2 * steps, point)) {
    const [from, weight] = [ends[Math.floor(index / steps)]!, weights[index % steps]! / 2];
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * gradient[i]! * (x[i]! - from);
  }
  const area = sizeOf(sampler.x.dims.slice(2));
  return Float64Array.from({ length: area }, (_, p) => {
    let most = -Infinity;
    for (let i = p; i < sum.length; i += area) most = Math.max(most, sum[i]!);
    return most;
  });
}

/** The positions of each region. */
function membersOf(labels: Int32Array, count: number): readonly (readonly number[])[] {
  const members = Array.from({ length: count }, (): number[] => []);
  for (const [p, k] of labels.entries()) members[k]!.push(p);
  return members;
}

/** The positions within a distance of some positions. */
function widened(members: readonly number[], dims: readonly number[], radius: number): Int32Array {
  if (radius === 0) return Int32Array.from(members);
  const within = new Set<number>();
  const offsets = ball(dims.length, radius);
  for (const p of members) {
    for (const offset of offsets) {
      let [rest, to, stride, isInside] = [p, 0, 1, true];
      for (let axis = dims.length - 1; axis >= 0; axis--) {
        const i = (rest % dims[axis]!) + offset[axis]!;
        rest = Math.floor(rest / dims[axis]!);
        isInside &&= i >= 0 && i < dims[axis]!;
        to += i * stride;
        stride *= dims[axis]!;
      }
      if (isInside) within.add(to);
    }
  }
  return Int32Array.from(within);
}

function ball(rank: number, radius: number): readonly (readonly number[])[] {
  const along = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const grid = Array.from({ length: rank }).reduce<readonly (readonly number[])[]>(
    (points) => points.flatMap((point) => along.map((i) => [...point, i])),
    [[]],
  );
  return grid.filter((point) => point.reduce((sum, i) => sum + i * i, 0) <= radius * radius);
}

/** At each position the mean attribution over what the region added that covers it first. */
function ranked(
  parts: readonly Int32Array[],
  attribution: Float64Array,
  least: number,
): Float64Array {
  const holders = Array.from(attribution, (): number[] => []);
  for (const [k, part] of parts.entries()) for (const p of part) holders[p]!.push(k);
  // Of what a region would add: its size and its sum.
  const sizes = parts.map((part) => part.length);
  const sums = parts.map((part) => part.reduce((sum, p) => sum + attribution[p]!, 0));
  const remaining = new Set(parts.keys());
  const map = new Float64Array(attribution.length).fill(NaN);
  for (;;) {
    let [best, gain] = [-1, -Infinity];
    for (const k of remaining) {
      if (sizes[k]! < Math.max(1, least)) remaining.delete(k);
      else if (sums[k]! / sizes[k]! > gain) [best, gain] = [k, sums[k]! / sizes[k]!];
    }
    if (best < 0) break;
    remaining.delete(best);
    for (const p of parts[best]!) {
      if (!Number.isNaN(map[p]!)) continue;
      map[p] = gain;
      for (const k of holders[p]!) {
        sizes[k]! -= 1;
        sums[k]! -= attribution[p]!;
      }
    }
  }
  const rest = [...map.keys()].filter((p) => Number.isNaN(map[p]!));
  const mean = rest.reduce((sum, p) => sum + attribution[p]!, 0) / rest.length;
  for (const p of rest) map[p] = mean;
  return map;
}
