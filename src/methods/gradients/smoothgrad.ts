import { samplingMethod } from "../core/method.js";
import type { Sampler } from "../core/sampler.js";
import { float32, type Tensor } from "../../tensor/tensor.js";
import { noiseSettings, noisyCopies } from "../building-blocks/noise.js";

const smilkov = "Smilkov, Thorat, Kim, Viégas and Wattenberg, SmoothGrad, arXiv 1706.03825, 2017";

/** The mean of the gradients at noisy copies of the image. */
export const smoothgrad = samplingMethod({
  name: "smoothgrad",
  title: "SmoothGrad",
  paper: smilkov,
  signed: false,
  attributes: "input",
  settings: noiseSettings,
  sample: (sampler, settings) => overNoise(sampler, settings, (mean) => mean),
});

/** The mean of the squared gradients at noisy copies of the image. */
export const smoothgradSquared = samplingMethod({
  name: "smoothgrad-squared",
  title: "SmoothGrad squared",
  paper:
    "Hooker, Erhan, Kindermans and Kim, A Benchmark for Interpretability Methods, NeurIPS 2019",
  signed: false,
  attributes: "input",
  settings: noiseSettings,
  sample: (sampler, settings) => overNoise(sampler, settings, (_, meanSquare) => meanSquare),
});

/** The variance of the gradients at noisy copies of the image: the mean square minus the squared mean. */
export const vargrad = samplingMethod({
  name: "vargrad",
  title: "VarGrad",
  paper:
    "Adebayo, Gilmer, Goodfellow and Kim, Local Explanation Methods for Deep Neural Networks, ICLR Workshop 2018",
  signed: false,
  attributes: "input",
  settings: noiseSettings,
  sample: (sampler, settings) =>
    overNoise(sampler, settings, (mean, meanSquare) => meanSquare - mean ** 2),
});

/** An elementwise statistic of the gradients at noisy copies of the image. */
async function overNoise(
  sampler: Sampler,
  settings: { readonly samples: number; readonly noise: number; readonly seed: number },
  statistic: (mean: number, meanSquare: number) => number,
): Promise<{ readonly attribution: Tensor }> {
  const sum = new Float64Array(sampler.size);
  const squares = new Float64Array(sampler.size);
  const copies = noisyCopies(sampler, settings);
  for await (const { gradient } of sampler.gradients(settings.samples, copies)) {
    for (let i = 0; i < sum.length; i++) {
      sum[i]! += gradient[i]!;
      squares[i]! += gradient[i]! ** 2;
    }
  }
  const attribution = sum.map((s, i) =>
    statistic(s / settings.samples, squares[i]! / settings.samples),
  );
  return { attribution: float32(sampler.x.dims, attribution) };
}
