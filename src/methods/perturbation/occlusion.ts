import { baselineOf, baselineSettings } from "../core/baselines.js";
import { samplingMethod } from "../core/method.js";
import { whole } from "../core/settings.js";
import { sizeOf } from "../../tensor/shape.js";
import { float32, toNumbers } from "../../tensor/tensor.js";

/**
 * Occlusion: a sliding window is filled with the baseline; each position gets the mean of f(x) − f(x′) over the windows
 * that cover it (Zeiler & Fergus 2014, §4.2). The last window of a row ends at the border.
 */
export const occlusion = samplingMethod({
  name: "occlusion",
  title: "Occlusion",
  paper: "Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014",
  signed: true,
  attributes: "map",
  gradientFree: true,
  settings: {
    window: whole(32, "side of the window, in pixels", 1),
    stride: whole(16, "distance between successive windows, in pixels", 1),
    ...baselineSettings,
  },
  async sample(sampler, { window, stride, ...baseline }) {
    const size = sampler.mapDims.slice(2);
    const area = sizeOf(size);
    const x = toNumbers(sampler.x);
    const fill = baselineOf(sampler, baseline);
    const counts = size.map((extent) => Math.ceil(Math.max(extent - window, 0) / stride) + 1);
    const covers = (i: number): Uint8Array => windowOf(i, counts, size, window, stride);

    const sum = new Float64Array(area);
    const times = new Float64Array(area);
    const variant = (i: number): Float64Array => {
      const covered = covers(i);
      return Float64Array.from(x, (v, k) => (covered[k % area] ? fill[k]! : v));
    };
    for await (const { index, score } of sampler.scores(sizeOf(counts), variant)) {
      covers(index).forEach((covered, p) => {
        sum[p]! += covered * (sampler.score - score);
        times[p]! += covered;
      });
    }
    // A stride larger than the window leaves positions uncovered; their value is 0.
    const map = sum.map((s, p) => (times[p] === 0 ? 0 : s / times[p]!));
    return { map: float32(sampler.mapDims, map), info: { passes: sizeOf(counts) } };
  },
});

/** 1 in the i-th window, 0 elsewhere. */
function windowOf(
  i: number,
  counts: readonly number[],
  size: readonly number[],
  window: number,
  stride: number,
): Uint8Array {
  const starts: number[] = [];
  let rest = i;
  for (const count of counts.toReversed()) {
    starts.unshift((rest % count) * stride);
    rest = Math.floor(rest / count);
  }
  return Uint8Array.from({ length: sizeOf(size) }, (_, p) => {
    let left = p;
    for (let axis = size.length - 1; axis >= 0; axis--) {
      const at = left % size[axis]!;
      left = Math.floor(left / size[axis]!);
      if (at < starts[axis]! || at >= starts[axis]! + window) return 0;
    }
    return 1;
  });
}
