import { TargetError } from "../errors.js";
import { sizeOf } from "../tensor/shape.js";
import { float32, int64, toNumbers, type Tensor, type Tensors } from "../tensor/tensor.js";
import { sliceBatch } from "../tensor/batches.js";
import {
  kindOf,
  type Contrast,
  type PlainTarget,
  type Quantity,
  type ResolvedTarget,
  type Target,
  type TargetKind,
} from "./target.js";
import { detectionName, isDetection } from "./detection.js";
import { maskName, seedFrom } from "./target-seeds.js";
import { resolveTarget, type TargetPort } from "./resolve.js";

/** The properties of a target that determine the compiled graph. */
export interface TargetForm {
  readonly kind: TargetKind;
  /** Whether each sample has a second class. */
  readonly versus: boolean;
  readonly quantity: Quantity;
}

/** A resolved target, with the target that is subtracted from it. */
export interface ResolvedContrast {
  readonly chosen: ResolvedTarget;
  /** A class for each sample. A seed includes the subtracted target. */
  readonly versus?: readonly number[];
  readonly quantity: Quantity;
  /** The target expression as given. */
  readonly words: string;
}

export function formOf({ chosen, versus, quantity }: ResolvedContrast): TargetForm {
  return { kind: kindOf(chosen), versus: versus !== undefined, quantity };
}

/**
 * Resolves a target, with all checks that are possible before the model runs.
 *
 * @param count number of samples
 * @throws {TargetError} if it does not fit the output, or both targets are equal
 */
export function resolveContrast(port: TargetPort, target: Target, count: number): ResolvedContrast {
  const { of, versus: other, quantity = "score" } = asContrast(target);
  const chosen = resolveTarget(port, of, count);
  const words = wordsOf(of);
  if (other === undefined) return { chosen, quantity, words };
  const against = resolveTarget(port, other, count);
  const both = `${words} versus ${wordsOf(other)}`;
  if (against === "top") throw new TargetError(`${both}: the second target must be a class`);
  if (!("seed" in against) && !(typeof chosen === "object" && "seed" in chosen)) {
    const only = port.classes === 1 ? 0 : undefined;
    const same = chosen === "top" ? only : chosen.find((c, n) => c === against[n]);
    if (same !== undefined) {
      throw new TargetError(
        port.classes === 1
          ? `target and versus are both the output, so their difference is 0; "against" explains the evidence against it`
          : `target and versus are both class ${same}, so their difference is 0`,
      );
    }
    return { chosen, versus: against, quantity, words: both };
  }
  if (chosen === "top") throw new TargetError(`${both}: give a class in place of "top"`);
  const [p, q] = [seedFrom(chosen, port), seedFrom(against, port)];
  return { chosen: { seed: difference(p, q) }, quantity, words: both };
}

/** Values of the inputs that define the target. */
export function contrastFeeds({ chosen, versus }: ResolvedContrast, count: number): Tensors {
  const feeds = new Map<string, Tensor>();
  if (chosen !== "top") {
    feeds.set("seed" in chosen ? "seed" : "target", targetFeed(chosen, count));
  }
  if (versus) feeds.set("versus", int64(versus));
  return feeds;
}

/** The value of the compiled graph's second input: class indices, or the seed of each sample. */
function targetFeed(target: Exclude<ResolvedTarget, "top">, count: number): Tensor {
  if (!("seed" in target)) return int64(target);
  const { seed } = target;
  return seed.dims[0] === count ? seed : sliceBatch(seed, new Array<number>(count).fill(0));
}

/** The target of one sample. */
export function contrastAt(contrast: ResolvedContrast, n: number): ResolvedContrast {
  const { chosen, versus } = contrast;
  const one = versus ? { versus: [versus[n]!] } : {};
  if (chosen === "top") return { ...contrast, ...one };
  if (!("seed" in chosen)) return { ...contrast, chosen: [chosen[n]!], ...one };
  const { seed } = chosen;
  const size = sizeOf(seed.dims.slice(1));
  const row = seed.dims[0] === 1 ? 0 : n;
  const numbers = Array.from(toNumbers(seed)).slice(row * size, (row + 1) * size);
  return { ...contrast, chosen: { seed: float32([1, ...seed.dims.slice(1)], numbers) } };
}

/**
 * Whether a target is all classes at once.
 *
 * @throws {TargetError} if such a target is combined with `versus` or with a quantity other than the score
 */
export function isAll(target: Target): boolean {
  const { of, versus, quantity = "score" } = asContrast(target);
  if (of !== "all" && !(typeof of === "object" && "kind" in of && of.kind === "all")) return false;
  if (versus === undefined && quantity === "score") return true;
  throw new TargetError(
    "target all explains the scores of all classes: leave versus and quantity out",
  );
}

export function asContrast(target: Target): Contrast {
  const isContrast = typeof target === "object" && "of" in target && !("kind" in target);
  return isContrast ? target : { of: target };
}

function wordsOf(target: PlainTarget): string {
  if (typeof target === "object") {
    if ("kind" in target) return target.text;
    if ("mask" in target) return maskName(target);
    if (isDetection(target)) return detectionName(target);
    return "seed" in target ? "seed" : target.join(",");
  }
  return String(target);
}

function difference(p: Tensor, q: Tensor): Tensor {
  const [a, b] = [toNumbers(p), toNumbers(q)];
  const longer = a.length >= b.length ? p : q;
  const data = Float32Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
    return a[i % a.length]! - b[i % b.length]!;
  });
  if (data.every((v) => v === 0))
    throw new TargetError("target and versus are equal, so their difference is 0");
  return float32(longer.dims, data);
}
