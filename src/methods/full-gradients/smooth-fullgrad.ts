import type { FullGradient } from "../../decomposition/full-gradient.js";
import { samplingMethod } from "../core/method.js";
import { absolute, rescaledMaps, type Convention } from "../../decomposition/psi.js";
import type { ModelProbe } from "../core/sampler.js";
import { whole } from "../core/settings.js";
import { fromNumbers, toNumbers, type Tensor } from "../../tensor/tensor.js";
import { conventionSetting, srinivas } from "./fullgrad.js";
import { addMaps, layersOf } from "../building-blocks/fullgrad-layers.js";
import { noiseSettings, noisyCopies } from "../building-blocks/noise.js";

/**
 * Smooth FullGrad: the signed terms of the full-gradient, averaged over noisy copies of the image and then reduced to a
 * map as in FullGrad. `sum` is the sum of all averaged terms; it should equal `meanScore`, the mean score.
 *
 * The reference code (smooth_fullgrad.py) sums the input's term over channels before the absolute value; here it is
 * treated as in FullGrad.
 */
export const smoothFullgrad = samplingMethod({
  name: "smooth-fullgrad",
  title: "Smooth FullGrad",
  paper: srinivas,
  signed: false,
  attributes: "map",
  settings: {
    ...noiseSettings,
    samples: whole(25, noiseSettings.samples.about, 1),
    convention: conventionSetting,
  },
  async sample(sampler, settings) {
    const { samples, convention } = settings;
    const means = new Map<
      string,
      { readonly dims: readonly number[]; readonly of: Float32Array }
    >();
    let [meanScore, sum] = [0, 0];
    const copies = noisyCopies(sampler, settings);
    for await (const { score, results } of sampler.each(terms(convention), samples, copies)) {
      for (const [role, term] of results) {
        if (role.startsWith("layer")) add(means, role, term, 1 / samples);
      }
      meanScore += score / samples;
      sum += Array.from(toNumbers(results.get("sums")!)).reduce((p, v) => p + v, 0) / samples;
    }
    const roles = [...means].map(([role, { dims, of }]) => [
      role,
      fromNumbers("float32", dims, of),
    ]);
    const { results } = await sampler.once(
      mapOfTerms(convention),
      Object.fromEntries(roles) as Record<string, Tensor>,
    );
    return { map: results.get("map")!, info: { meanScore, sum } };
  },
});

function add(
  means: Map<string, { readonly dims: readonly number[]; readonly of: Float32Array }>,
  role: string,
  { data, dims }: Tensor,
  weight: number,
): void {
  const numbers = data as Float32Array;
  if (!means.has(role)) means.set(role, { dims, of: new Float32Array(numbers.length) });
  const mean = means.get(role)!.of;
  for (let i = 0; i < mean.length; i++) mean[i]! += weight * numbers[i]!;
}

/** The signed, unscaled terms of the layers. */
const terms = (convention: Convention): ModelProbe => ({
  key: `smooth-fullgrad/terms/${convention}`,
  backward: (full: FullGradient) => ({
    outputs: {
      sums: full.sums,
      ...Object.fromEntries(
        layersOf(full, convention).map((layer, i) => [`layer${i}`, layer.term()]),
      ),
    },
  }),
});

/** FullGrad's map of the given terms. */
const mapOfTerms = (convention: Convention): ModelProbe => ({
  key: `smooth-fullgrad/map/${convention}`,
  backward: (full: FullGradient) => {
    const given = layersOf(full, convention).map(({ b, term }, i) => ({
      b,
      term: b.input(`layer${i}`, term().fact),
    }));
    const magnitudes = given.map(({ b, term }) => absolute(b, term));
    const maps = rescaledMaps({ b: full.b }, magnitudes, convention);
    return {
      outputs: { map: addMaps(full, maps, convention) },
      inputs: Object.fromEntries(given.map(({ term }, i) => [`layer${i}`, term])),
    };
  },
});
