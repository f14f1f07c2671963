import { baselineOf, baselineSettings } from "../core/baselines.js";
import { samplingMethod } from "../core/method.js";
import { number, whole } from "../core/settings.js";
import { float32, toNumbers } from "../../tensor/tensor.js";

/** Distances this close to the wanted one are equal to it. */
const tolerance = 1e-9;

/**
 * Guided integrated gradients: Σ ∇f(x_t) ⊙ (x_{t+1} − x_t) along a path from the baseline x′ to x that changes first the elements
 * with the least |∂f/∂x|: at every step the `fraction` of them with the least, as far as the L1 distance to x wants, and none
 * farther than `distance` from the straight path (Kapishnikov et al. 2021, algorithm 1, as in PAIR's `saliency`). The
 * attributions sum to f(x) − f(x′) as the number of steps grows; `delta` is the difference.
 */
export const guidedIntegratedGradients = samplingMethod({
  name: "guided-integrated-gradients",
  title: "Guided integrated gradients",
  paper: "Kapishnikov et al., Guided Integrated Gradients, CVPR 2021",
  signed: true,
  attributes: "input",
  settings: {
    steps: whole(200, "steps of the path, one after another", 1),
    fraction: number(
      0.25,
      "part of the elements that a step changes, those of the least gradient",
      0,
      1,
    ),
    distance: number(
      0.02,
      "how far an element may lie from the straight path: 0 is integrated gradients, 1 any",
      0,
      1,
    ),
    ...baselineSettings,
  },
  async sample(sampler, { steps, fraction, distance, ...baseline }) {
    const to = Float64Array.from(toNumbers(sampler.x));
    const from = Float64Array.from(baselineOf(sampler, baseline));
    const path = new GuidedPath(from, to, fraction);
    const attribution = new Float64Array(to.length);
    for (let step = 1; step <= steps && !path.isPoint; step++) {
      const at = step / steps;
      const gradient = await gradientAt(sampler, path.x);
      const moved = path.advance(
        gradient,
        at,
        Math.max(at - distance, 0),
        Math.min(at + distance, 1),
      );
      for (let i = 0; i < attribution.length; i++) attribution[i]! += moved[i]! * gradient[i]!;
    }
    const baselineScore = await sampler.scoreAt(from);
    const sum = attribution.reduce((p, a) => p + a, 0);
    return {
      attribution: float32(sampler.x.dims, attribution),
      info: { baselineScore, sum, delta: sum - (sampler.score - baselineScore) },
    };
  },
});

async function gradientAt(
  sampler: Parameters<typeof guidedIntegratedGradients.sample>[0],
  x: Float64Array,
): Promise<Float64Array> {
  for await (const { gradient } of sampler.gradients(1, () => Float32Array.from(x))) {
    return Float64Array.from(gradient);
  }
  return new Float64Array(x.length);
}

/** A point on the way from one image to another. */
class GuidedPath {
  readonly x: Float64Array;
  private readonly from: Float64Array;
  private readonly to: Float64Array;
  private readonly fraction: number;
  /** The L1 distance of the two images. */
  private readonly length: number;

  constructor(from: Float64Array, to: Float64Array, fraction: number) {
    this.x = from.slice();
    this.from = from;
    this.to = to;
    this.fraction = fraction;
    this.length = l1(from, to);
  }

  /** Both images are the same. */
  get isPoint(): boolean {
    return this.length === 0;
  }

  /**
   * Goes on until the L1 distance to the end is that of the straight path at `alpha`, and no element lies outside the
   * straight path's points `least` to `most`. Returns by how much each element was changed.
   */
  advance(gradient: Float64Array, alpha: number, least: number, most: number): Float64Array {
    const { x, from, to } = this;
    const start = x.slice();
    const wanted = this.length * (1 - alpha);
    const low = to.map((end, i) => from[i]! + (end - from[i]!) * least);
    const high = to.map((end, i) => from[i]! + (end - from[i]!) * most);
    const sizes = gradient.map((g) => Math.abs(g));
    for (let gamma = Infinity; gamma > 1;) {
      for (let i = 0; i < x.length; i++) {
        const span = to[i]! - from[i]!;
        if (span !== 0 && (x[i]! - from[i]!) / span < least) x[i] = low[i]!;
      }
      const current = l1(x, to);
      const slack = Math.max(tolerance, tolerance * Math.max(Math.abs(wanted), Math.abs(current)));
      if (Math.abs(wanted - current) <= slack) break;
      for (let i = 0; i < x.length; i++) if (x[i] === high[i]) sizes[i] = Infinity;
      const threshold = lowerQuantile(sizes, this.fraction);
      const isChosen = (i: number): boolean => sizes[i]! <= threshold && sizes[i] !== Infinity;
      let reach = 0;
      for (let i = 0; i < x.length; i++) if (isChosen(i)) reach += Math.abs(x[i]! - high[i]!);
      gamma = reach > 0 ? (current - wanted) / reach : Infinity;
      // Every element is as far as it may be: the rest is for the next step.
      if (threshold === Infinity && reach === 0) break;
      const part = Math.min(gamma, 1);
      for (let i = 0; i < x.length; i++) {
        if (isChosen(i)) x[i] = part === 1 ? high[i]! : x[i]! + (high[i]! - x[i]!) * part;
      }
    }
    return x.map((v, i) => v - start[i]!);
  }
}

function l1(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum;
}

/** The value at place ⌊q·(n − 1)⌋ in order of size. */
function lowerQuantile(values: Float64Array, q: number): number {
  return values.toSorted()[Math.floor(q * (values.length - 1))]!;
}
