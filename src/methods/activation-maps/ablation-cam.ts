import { samplingMethod } from "../core/method.js";
import { tensor } from "../../tensor/tensor.js";
import type { ModelProbe, Variant } from "../core/sampler.js";
import { channelMap, positionsOf } from "../building-blocks/activations.js";
import { camSettings } from "../building-blocks/class-activation-map.js";

/**
 * Ablation-CAM: max(Σ_c w_c A_c, 0), w_c = (f(x) − f(x without channel c)) / f(x), the channel set to 0 (Desai &
 * Ramaswamy 2020, eq. 5 and 6). The denominator here is |f(x)|, so that a negative score does not invert the map.
 */
export const ablationCam = samplingMethod({
  name: "ablation-cam",
  title: "Ablation-CAM",
  paper: "Desai and Ramaswamy, Ablation-CAM, WACV 2020",
  signed: false,
  attributes: "map",
  gradientFree: true,
  settings: camSettings,
  sample: (sampler, { layer }) =>
    channelMap(sampler, layer, async (found) => {
      const { value, channels, raw } = found;
      const positions = await positionsOf(sampler, found);
      const probe: ModelProbe = {
        key: `ablation/${value}`,
        replaced: value,
        forward: () => ({ outputs: {} }),
      };
      const variant = (c: number): Variant => {
        // 0 has no bits set in any float type.
        const data = (raw.data as Float32Array).slice();
        for (const i of positions[c]!) data[i] = 0;
        return { roles: { replaced: tensor(raw.dtype, raw.dims, data) } };
      };
      const weights = new Float64Array(channels.length);
      for await (const { index, score } of sampler.each(probe, channels.length, variant)) {
        weights[index] = (sampler.score - score) / Math.abs(sampler.score);
      }
      return { weights, passes: channels.length };
    }),
});
