import type { Axis } from "../../../ops/layers/window.js";
import { indicesOf, sizeOf } from "../../../tensor/shape.js";
import { interleave } from "./interleave.js";
import { pad, slice } from "./movement-ops.js";
import { tapsOf } from "./pool.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** A max pool: its input with and without padding, its output, and its geometry. */
export interface MaximumPool {
  readonly x: Operand;
  readonly padded: Operand;
  readonly y: Operand;
  readonly axes: readonly Axis[];
  readonly positions: readonly number[];
}

/**
 * Flat indices of the maxima in x, with the pool itself, so that values can be scattered back without reading the
 * indices.
 */
export interface PoolIndices extends Operand {
  readonly pool: MaximumPool;
}

/**
 * For each window position, a mask of the outputs whose first maximum it holds (PyTorch's choice on ties). Uses float
 * arithmetic: since y ≥ tap everywhere, equality is 1 − step(y − tap), which on wasm is far faster than Equal and
 * Select.
 */
function firstMaxima(
  w: TfOpBuilder,
  { padded, y, axes, positions }: MaximumPool,
): readonly Operand[] {
  let free: Operand | undefined;
  return tapsOf(w, padded, axes, positions).map((tap) => {
    const isMaximum = w.not(w.unary("Step", w.sub(y, tap)));
    const first = free ? w.mul(isMaximum, free) : isMaximum;
    free = free ? w.sub(free, first) : w.not(first);
    return first;
  });
}

/** Flat indices into x as in ONNX: over the whole tensor in the graph's axis order. */
export function indicesOfMaxima(w: TfOpBuilder, pool: MaximumPool): PoolIndices {
  const { x, axes, positions } = pool;
  const spatial = x.dims.slice(2);
  const flat = (at: readonly number[]): number =>
    at.reduce((sum, v, i) => sum + v * sizeOf(spatial.slice(i + 1)), 0);
  const masks = firstMaxima(w, pool);
  const offsets = indicesOf(axes.map((a) => a.kernel)).map((k) =>
    flat(k.map((v, i) => v * axes[i]!.dilation)),
  );
  const offset = masks.map((mask, k) => w.scale(mask, offsets[k]!)).reduce((p, q) => w.add(p, q));
  const starts = indicesOf(positions).map((at) =>
    flat(at.map((o, i) => o * axes[i]!.stride - axes[i]!.begin)),
  );
  const [samples, channels] = x.dims as [number, number];
  const planes = Array.from({ length: samples * channels }, (_, i) => i * sizeOf(spatial));
  const ones = positions.map(() => 1);
  const begin = w.integers(starts, [1, 1, ...positions]);
  const plane = w.integers(planes, [samples, channels, ...ones]);
  const indices = w.add(w.cast(offset, "int32"), w.add(plane, begin));
  return { ...indices, pool };
}

/** The gradient of the pool: adds each window's update at the position of its maximum in x. */
export function sendToMaxima(w: TfOpBuilder, pool: MaximumPool, updates: Operand): Operand {
  const { x, padded, axes } = pool;
  const masks = firstMaxima(w, pool);
  const shares = masks.map((mask) => w.mul(mask, updates));
  const spread = spreadTaps(w, shares, axes, padded.dims);
  const begins = axes.map((a) => -a.begin);
  const ends = axes.map((a, i) => x.dims[i + 2]! - (padded.dims[i + 2]! - a.begin));
  return pad(w, spread, [0, 0, ...begins], [0, 0, ...ends]);
}

/**
 * The adjoint of reading taps: adds the value of window position k at output m to m·stride + k·dilation. Positions
 * with equal remainder modulo the stride are summed first, then the remainders are interleaved.
 */
function spreadTaps(
  w: TfOpBuilder,
  taps: readonly Operand[],
  axes: readonly Axis[],
  dims: readonly number[],
): Operand {
  const [samples, channels] = dims as [number, number];
  const blocks = axes.map((a, i) => Math.ceil(dims[i + 2]! / a.stride));
  const sums = new Map<string, Operand>();
  indicesOf(axes.map((a) => a.kernel)).forEach((k, at) => {
    const reach = k.map((v, i) => v * axes[i]!.dilation);
    const phase = reach.map((r, i) => r % axes[i]!.stride).join();
    const begins = reach.map((r, i) => Math.floor(r / axes[i]!.stride));
    const tap = taps[at]!;
    const ends = begins.map((b, i) => blocks[i]! - b - tap.dims[i + 2]!);
    const placed = pad(w, tap, [0, 0, ...begins], [0, 0, ...ends]);
    const known = sums.get(phase);
    sums.set(phase, known ? w.add(known, placed) : placed);
  });
  const strides = axes.map((a) => a.stride);
  const phases = indicesOf(axes.map((a) => a.stride));
  const blank = [samples, channels, ...blocks];
  const parts = phases.map((p) => sums.get(p.join()));
  const whole = interleave(w, parts, strides, blank);
  return slice(
    w,
    whole,
    dims.map(() => 0),
    dims,
  );
}
