import { random } from "../../tensor/random.js";

/** The choice of directions. */
export interface DirectionOptions {
  /** Number of directions; default 8. */
  readonly directions?: number | undefined;
  /** Seed of their random numbers; default 0. */
  readonly seed?: number | undefined;
}

/** One direction v: ⟨∇ₓf, v⟩ and the central difference of the function along v. */
export interface DirectionalDerivative {
  /** ⟨∇ₓf, v⟩ */
  readonly gradient: number;
  /** (f(x + hv) − f(x − hv)) / 2h */
  readonly difference: number;
  /** The uncertainty of `difference`: rounding of f, the finite step, and kinks near x. Disagreement is twice that. */
  readonly error: number;
  /** The step h, for v on the scale of x. */
  readonly step: number;
  /**
   * inconclusive: no step has an `error` below 10 % of the root mean square of the differences of this kind, or the
   * function is rough at every step; no statement about the gradient is possible.
   */
  readonly verdict: "agrees" | "disagrees" | "inconclusive";
  /** The main source of the error, if inconclusive. "roughness": f changes as much over short steps as over long ones. */
  readonly because?: "rounding" | "kink" | "step" | "roughness";
}

/** A scalar function around a point. */
export interface Probe {
  readonly x: ArrayLike<number>;
  /** The claimed ∇f(x). */
  readonly gradient: ArrayLike<number>;
  /** Rounds numbers to the function's element type, in place. */
  round(point: Float64Array): void;
  /** Lower bound of the relative rounding of f: half the spacing of its element type at 1. */
  readonly epsilon: number;
  /** Lower bound of the absolute rounding of f; 0 by default. */
  readonly resolution?: number | undefined;
  /** The bounds of its arguments, if it takes integers. */
  readonly whole?: { readonly least: number; readonly most: number } | undefined;
  evaluate(points: readonly Float64Array[]): Promise<readonly number[]>;
}

/** Relative error from which a difference is inconclusive. */
const conclusive = 0.1;

/** Tolerance for a float32 gradient in addition to the difference's error: rounding may move arguments across kinks. */
const tolerance = 2e-3;

/**
 * A function is rough if its second differences at the shortest steps exceed both its change over the best step and its
 * rounding, times these.
 */
const roughness = { ofChange: 0.02, ofEpsilon: 1000 };

/** Steps in units of the size of x, each a quarter of the previous one. */
const steps = Array.from({ length: 10 }, (_, i) => 2 ** (-3 - 2 * i));
const wholeSteps = [4, 2, 1];

/**
 * Compares a gradient with central differences along random directions. Every second one has the signs of the gradient,
 * so that f changes √N times more than along a fully random direction and its rounding matters less; the others detect
 * components that the gradient lacks.
 *
 * No step suits every function: a long one crosses kinks and is affected by curvature, a short one by rounding. So each
 * direction is measured with a ladder of steps. The second differences at the shortest steps estimate the rounding. The
 * error of a step is the sum of this rounding, half the difference of the slopes on either side of x, and the distance
 * from the next longer step or from any shorter one, which counts at least its root mean square over the directions of a
 * kind, since it may be small by chance. The step with the least error is taken.
 *
 * A chaotic function, such as a deep network whose weights amplify everything, has its gradient within less than the
 * shortest step; there the second differences are no rounding, and do not shrink with the step. No step measures it.
 */
export async function compareDirections(
  probe: Probe,
  { directions = 8, seed = 0 }: DirectionOptions = {},
): Promise<DirectionalDerivative[]> {
  const numbers = random(seed);
  const scale = probe.whole ? 1 : rms(probe.x) || 1;
  const lengths = (probe.whole ? wholeSteps : steps).map((step) => step * scale);
  const at = Float64Array.from(probe.x);
  const [centre, again] = (await probe.evaluate([at, at])) as [number, number];
  const ladders: Rung[][] = [];
  for (let k = 0; k < directions; k++) {
    const v = direction(probe, k % 2 === 0 ? "random" : "aligned", numbers);
    const rungs: Rung[] = [];
    for (const step of lengths) rungs.push(await climb(probe, v, step, centre));
    ladders.push(rungs);
  }
  const shortest = ladders.map((rungs) => (rungs.findLast(({ fits }) => fits) ?? rungs[0]!).bend);
  const measured = Math.max(
    Math.sqrt(median(shortest.map((bend) => bend * bend)) / 0.455 / 6),
    Math.abs(centre - again),
    probe.epsilon * Math.abs(centre),
  );
  const rounding = Math.max(measured, probe.resolution ?? 0);
  const isRough = measured > roughness.ofEpsilon * probe.epsilon * Math.abs(centre);
  return ladders.map((rungs, k) => {
    const kind = ladders.filter((_, other) => other % 2 === k % 2);
    return judge(rungs, kind, { rounding, isRough });
  });
}

/** What the second differences at the shortest steps say. */
interface Floor {
  readonly rounding: number;
  /** Whether it is more than a network's rounding. */
  readonly isRough: boolean;
}

/** One step of a ladder. */
interface Rung {
  readonly step: number;
  /** (f(x + hv) − f(x − hv)) / 2h */
  readonly difference: number;
  /** The same difference of the linear function with the claimed gradient. */
  readonly gradient: number;
  /** f(x + hv) − 2f(x) + f(x − hv) */
  readonly bend: number;
  /** Whether the points are distinct in their element type. */
  readonly fits: boolean;
}

async function climb(probe: Probe, v: Float64Array, step: number, centre: number): Promise<Rung> {
  const { x, gradient } = probe;
  const [up, down] = [v.map((d, i) => x[i]! + step * d), v.map((d, i) => x[i]! - step * d)];
  probe.round(up);
  probe.round(down);
  let [linear, moved, wanted] = [0, 0, 0];
  for (let i = 0; i < v.length; i++) {
    const distance = up[i]! - down[i]!;
    linear += gradient[i]! * distance;
    moved += distance * distance;
    wanted += (2 * step * v[i]!) ** 2;
  }
  const [above, below] = (await probe.evaluate([up, down])) as [number, number];
  return {
    step,
    difference: (above - below) / (2 * step),
    gradient: linear / (2 * step),
    bend: above - 2 * centre + below,
    fits: wanted > 0 && Math.abs(moved / wanted - 1) < 0.5,
  };
}

function direction(
  { x, gradient, whole }: Probe,
  kind: "random" | "aligned",
  numbers: ReturnType<typeof random>,
): Float64Array {
  return Float64Array.from({ length: x.length }, (_, i) => {
    const normal = numbers.normal();
    const sign =
      kind === "aligned" && gradient[i] !== 0 ? Math.sign(gradient[i]!) : Math.sign(normal);
    if (!whole) return sign * Math.abs(normal);
    const [longest] = wholeSteps as [number];
    const isInside = x[i]! - longest >= whole.least && x[i]! + longest <= whole.most;
    return isInside ? sign : 0;
  });
}

/** @param kind the ladders of all directions of the same kind */
function judge(
  rungs: readonly Rung[],
  kind: readonly (readonly Rung[])[],
  { rounding, isRough }: Floor,
): DirectionalDerivative {
  const noise = ({ step }: Rung): number => (3 * rounding) / (Math.SQRT2 * step);
  // Half the difference of the slopes on either side: constant at a kink, otherwise decreasing with the step.
  const sides = ({ bend, step }: Rung): number => Math.abs(bend) / (2 * step);
  const judged = rungs.flatMap((rung, i) => {
    if (i === 0 || !rung.fits) return [];
    const apart = (other: Rung): number => Math.abs(other.difference - rung.difference);
    const typical = rms(kind.map((l) => l[i]!.difference - l[i - 1]!.difference));
    const shorter = rungs.slice(i + 1).filter(({ fits }) => fits);
    const step = Math.max(
      apart(rungs[i - 1]!) / 2,
      1.5 * typical,
      ...shorter.map((other) => apart(other) - noise(rung) - noise(other)),
    );
    const kink = Math.max(sides(rung), rms(kind.map((l) => sides(l[i]!))));
    return { rung, at: i, noise: noise(rung), step, kink, error: noise(rung) + step + kink };
  });
  const best = judged.reduce<(typeof judged)[number] | undefined>(
    (p, q) => (p && p.error <= q.error ? p : q),
    undefined,
  );
  if (!best || !Number.isFinite(best.error)) {
    const { gradient, difference, step } = rungs.at(-1)!;
    const found = { gradient, difference, error: Infinity, step };
    return { ...found, verdict: "inconclusive", because: "step" };
  }
  const { gradient, difference, step } = best.rung;
  const { error, at } = best;
  const size = Math.max(
    rms(kind.map((l) => l[at]!.gradient)),
    rms(kind.map((l) => l[at]!.difference)),
  );
  const found = { gradient, difference, error, step };
  const change = 2 * step * rms(kind.map((l) => l[at]!.difference));
  if (isRough && rounding > roughness.ofChange * change) {
    return { ...found, verdict: "inconclusive", because: "roughness" };
  }
  if (error > conclusive * size) {
    const because = best.kink > error / 2 ? "kink" : best.noise > best.step ? "rounding" : "step";
    return { ...found, verdict: "inconclusive", because };
  }
  const apart = Math.abs(gradient - difference);
  return { ...found, verdict: apart <= 2 * error + tolerance * size ? "agrees" : "disagrees" };
}

function rms(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum / values.length);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((p, q) => p - q);
  return sorted[sorted.length >> 1] ?? 0;
}
