import { baselineOf, baselineSettings } from "../core/baselines.js";
import { samplingMethod } from "../core/method.js";
import { whole } from "../core/settings.js";
import { sizeOf } from "../../tensor/shape.js";
import { float32, toNumbers } from "../../tensor/tensor.js";
import { boxIn, type Box } from "../building-blocks/box.js";

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
    const covered = (i: number): Box => windowOf(i, counts, size, window, stride);

    const sum = new Float64Array(area);
    const times = new Float64Array(area);
    const variant = (i: number): Float32Array => {
      const image = Float32Array.from(x);
      const { starts, length } = covered(i);
      for (let channel = 0; channel < image.length; channel += area) {
        for (const start of starts) {
          for (let p = channel + start; p < channel + start + length; p++) image[p] = fill[p]!;
        }
      }
      return image;
    };
    for await (const { index, score } of sampler.scores(sizeOf(counts), variant)) {
      const { starts, length } = covered(index);
      for (const start of starts) {
        for (let p = start; p < start + length; p++) {
          sum[p]! += sampler.score - score;
          times[p]! += 1;
        }
      }
    }
    // A stride larger than the window leaves positions uncovered; their value is 0.
    const map = sum.map((s, p) => (times[p] === 0 ? 0 : s / times[p]!));
    return { map: float32(sampler.mapDims, map), info: { passes: sizeOf(counts) } };
  },
});

/** The i-th window. */
function windowOf(
  i: number,
  counts: readonly number[],
  size: readonly number[],
  window: number,
  stride: number,
): Box {
  const starts: number[] = [];
  let rest = i;
  for (const count of counts.toReversed()) {
    starts.unshift((rest % count) * stride);
    rest = Math.floor(rest / count);
  }
  const left = size.map((extent, axis) => Math.max(0, extent - starts[axis]!));
  return boxIn(
    size,
    starts,
    left.map((extent) => Math.min(window, extent)),
  );
}
