import { samplingMethod } from "../core/method.js";
import { softmax } from "../../tensor/softmax.js";
import { toNumbers } from "../../tensor/tensor.js";
import { channelMap } from "../building-blocks/activations.js";
import { camSettings } from "../building-blocks/class-activation-map.js";
import { maskedImage } from "../building-blocks/masked-image.js";
import { stretch } from "../building-blocks/stretch.js";

/**
 * Score-CAM: max(Σ_c w_c A_c, 0), w the softmax over channels of the scores f(x ⊙ H_c), H_c the channel resized to the
 * image and scaled to [0, 1] (Wang et al. 2020, eq. 4 to 7; the baseline's score is the same for all channels
 * and cancels in the softmax). A constant channel masks nothing and gets weight 0.
 */
export const scoreCam = samplingMethod({
  name: "score-cam",
  title: "Score-CAM",
  paper: "Wang et al., Score-CAM: Score-Weighted Visual Explanations, CVPR Workshops 2020",
  signed: false,
  attributes: "map",
  gradientFree: true,
  settings: camSettings,
  sample: (sampler, { layer }) =>
    channelMap(sampler, layer, async ({ channels, positions }) => {
      const x = toNumbers(sampler.x);
      const size = sampler.mapDims.slice(2);
      const used = channels.flatMap((channel, c) => (isConstant(channel) ? [] : [c]));
      const scores = new Array<number>(used.length);
      const variant = (i: number): Float32Array =>
        maskedImage(x, scaled(stretch(channels[used[i]!]!, positions, size)));
      for await (const { index, score } of sampler.scores(used.length, variant)) {
        scores[index] = score;
      }
      const weights = new Float64Array(channels.length);
      softmax(scores).forEach((w, i) => (weights[used[i]!] = w));
      return { weights, passes: used.length };
    }),
});

const isConstant = (channel: Float64Array): boolean => channel.every((v) => v === channel[0]);

/** Scales a channel to [0, 1]. */
function scaled(values: Float64Array): Float64Array {
  let [least, most] = [Infinity, -Infinity];
  for (const v of values) {
    least = Math.min(least, v);
    most = Math.max(most, v);
  }
  const result = new Float64Array(values.length);
  for (let i = 0; i < result.length; i++) result[i] = (values[i]! - least) / (most - least);
  return result;
}
