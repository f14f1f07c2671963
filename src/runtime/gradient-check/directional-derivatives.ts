import { random } from "../../tensor/random.js";

/** Which directions are tried. */
export interface DirectionOptions {
  /** How many; 8 unless given. */
  readonly directions?: number | undefined;
  /** Seed of the random numbers that they are made of; 0 unless given. */
  readonly seed?: number | undefined;
}

/** One direction v: the gradient's ⟨∇ₓf, v⟩ beside what the function itself does along it. */
export interface DirectionalDerivative {
  /** ⟨∇ₓf, v⟩ */
  readonly gradient: number;
  /** (f(x + hv) − f(x − hv)) / 2h */
  readonly difference: number;
  /** What `difference` is uncertain by: rounding of f, the finite step, and kinks near x. Twice that is disagreement. */
  readonly error: number;
  /** h, where v has the scale of x. */
  readonly step: number;
  /**
   * inconclusive: no step at which `error` is below 10 % of what directions of this kind come to (root mean square); then
   * nothing is said about the gradient.
   */
  readonly verdict: "agrees" | "disagrees" | "inconclusive";
  /** What most of the error comes from, where it is inconclusive. */
  readonly because?: "rounding" | "kink" | "step";
}

/** A scalar function around a point. */
export interface Probe {
  readonly x: ArrayLike<number>;
  /** ∇f(x), as it is claimed to be. */
  readonly gradient: ArrayLike<number>;
  /** Numbers that the function takes: rounded to its element type, in place. */
  round(point: Float64Array): void;
  /** What f is rounded by at least, relative to it: half of the spacing of its element type at 1. */
  readonly epsilon: number;
  /** Whether it takes whole numbers, and within which bounds. */
  readonly whole?: { readonly least: number; readonly most: number } | undefined;
  evaluate(points: readonly Float64Array[]): Promise<readonly number[]>;
}

/** An error of this share of the number is one that says nothing. */
const conclusive = 0.1;

/** What a float32 gradient may be off by beside the difference's own error: kinks that rounding puts on another side. */
const tolerance = 2e-3;

/** Steps in units of the size of x, each a quarter of the one before. */
const steps = Array.from({ length: 10 }, (_, i) => 2 ** (-3 - 2 * i));
const wholeSteps = [4, 2, 1];

/**
 * Compares a gradient with central differences along random directions. Every second one has the gradient's own signs,
 * so that f changes √N times more than along a wholly random one and its rounding matters less; the others see what the
 * gradient lacks altogether.
 *
 * No step is right for every function: a long one crosses kinks and feels curvature, a short one drowns in rounding.
 * So each direction is measured with a ladder of steps. Rounding is what second differences at the shortest steps show.
 * The error of a step is that; and half of what the slopes to either side of x differ by; and how far it lies from the
 * longer step next to it, or from any shorter one. Chance makes such a distance small where it is not, so that it counts
 * no less than the root mean square over the directions of a kind. The step with the least error is taken.
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
  const rounding = Math.max(
    Math.sqrt(median(shortest.map((bend) => bend * bend)) / 0.455 / 6),
    Math.abs(centre - again),
    probe.epsilon * Math.abs(centre),
  );
  return ladders.map((rungs, k) =>
    judge(
      rungs,
      ladders.filter((_, other) => other % 2 === k % 2),
      rounding,
    ),
  );
}

/** One step of a ladder. */
interface Rung {
  readonly step: number;
  /** (f(x + hv) − f(x − hv)) / 2h */
  readonly difference: number;
  /** The same of the linear function with the claimed gradient, between the very same points. */
  readonly gradient: number;
  /** f(x + hv) − 2f(x) + f(x − hv) */
  readonly bend: number;
  /** The points are far enough apart for the numbers of their element type. */
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

/** @param kind the ladders of all directions that were drawn like this one */
function judge(
  rungs: readonly Rung[],
  kind: readonly (readonly Rung[])[],
  rounding: number,
): DirectionalDerivative {
  const noise = ({ step }: Rung): number => (3 * rounding) / (Math.SQRT2 * step);
  // Half of what the slopes to either side differ by: at a kink the same at every step, else ever less.
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
