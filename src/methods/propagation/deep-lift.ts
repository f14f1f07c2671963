import { baselineOf, baselineSettings } from "../core/baselines.js";
import { graphMethod } from "../core/method.js";
import { perSample } from "../../decomposition/per-sample.js";
import { float32 } from "../../tensor/tensor.js";
import { baselinePass } from "../building-blocks/baseline-pass.js";
import { rescaleRules } from "../building-blocks/rescale-rule.js";

/**
 * DeepLIFT with the rescale rule: multiplier ⊙ (x − x′), where the multipliers are chained like gradients. The
 * attributions sum to f(x) − f(x′); `delta` is the difference between the two.
 */
export const deepLift = graphMethod({
  name: "deep-lift",
  title: "DeepLIFT (rescale)",
  paper:
    "Shrikumar, Greenside and Kundaje, Learning Important Features Through Propagating Activation Differences, ICML 2017",
  signed: true,
  attributes: "input",
  settings: baselineSettings,
  rules: rescaleRules,
  emit: (full) => {
    const { input, explained, target, inputGradient } = full;
    const pass = baselinePass(full);
    const b = full.b.within("deep-lift");
    const batch = input.fact.shape[0] ?? 1;
    const attribution = b.mul(inputGradient, b.sub(input, pass.input, "change"), "attribution");
    const sum = perSample(b, attribution, batch);
    const baselineScore = perSample(b, b.mul(pass.of(explained), target.seed), batch);
    const delta = b.sub(sum, b.sub(target.score, baselineScore), "delta");
    return {
      attribution,
      info: { baselineScore, sum, delta },
      inputs: { baseline: pass.input },
    };
  },
  feeds: (image, settings) => ({
    baseline: float32(image.x.dims, baselineOf(image, settings)),
  }),
});
