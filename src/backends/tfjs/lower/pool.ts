import { span, type Axis } from "../../../ops/layers/window.js";
import { indicesOf, sizeOf } from "../../../tensor/shape.js";
import { channelsLast, inMemory } from "../layout.js";
import { pad, slice, sliceAxis, subsample } from "./movement-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** The lowest finite float32, used for padding. −∞ would give NaN in 0 · ∞ and ∞ − ∞. */
export const lowest = -3.4028234663852886e38;

/** Pads x to exactly the extent of the windows, for the given number of outputs along each axis. */
export function padToReach(
  w: TfOpBuilder,
  x: Operand,
  axes: readonly Axis[],
  positions: readonly number[],
  value: number,
): Operand {
  const begins = [0, 0, ...axes.map((a) => a.begin)];
  const ends = axes.map((a, i) => {
    const reach = (positions[i]! - 1) * a.stride + span(a);
    return reach - x.dims[i + 2]! - a.begin;
  });
  const image = w.arrange(x, channelsLast(x.dims.length));
  return pad(w, image, begins, [0, 0, ...ends], value);
}

/**
 * The input element at each window position, for every output [N,C,…spatial], from a padded x. Strided subsets are
 * extracted once per remainder modulo the stride and shared by the positions with that remainder.
 */
export function tapsOf(
  w: TfOpBuilder,
  padded: Operand,
  axes: readonly Axis[],
  positions: readonly number[],
): readonly Operand[] {
  const strides = axes.map((a) => a.stride);
  const phases = new Map<string, Operand>();
  return indicesOf(axes.map((a) => a.kernel)).map((k) => {
    const reach = k.map((v, i) => v * axes[i]!.dilation);
    const phase = reach.map((r, i) => r % strides[i]!);
    const known = phases.get(phase.join()) ?? phaseOf(w, padded, strides, phase);
    phases.set(phase.join(), known);
    return slice(
      w,
      known,
      [0, 0, ...reach.map((r, i) => Math.floor(r / strides[i]!))],
      [...padded.dims.slice(0, 2), ...positions],
    );
  });
}

/** Every n-th element along the spatial axes, from the given starts; padded with zeros to full length. */
function phaseOf(
  w: TfOpBuilder,
  x: Operand,
  strides: readonly number[],
  firsts: readonly number[],
): Operand {
  const start = [0, 0, ...firsts];
  const cut = x.dims.map((d, i) => d - start[i]!);
  return subsample(w, slice(w, x, start, cut), [1, 1, ...strides]);
}

/**
 * The maximum or mean over the windows of a padded x. Axes are pooled one after another if TensorFlow.js cannot pool
 * them together: more than two, or dilated.
 */
export function poolWindows(
  w: TfOpBuilder,
  padded: Operand,
  axes: readonly Axis[],
  positions: readonly number[],
  what: "Max" | "Mean",
): Operand {
  if (axes.length === 2 && axes.every((a) => a.dilation === 1 || a.kernel === 1)) {
    return poolImage(w, padded, axes, positions, what);
  }
  const combine = (p: Operand, q: Operand): Operand =>
    what === "Max" ? w.binary("Maximum", p, q) : w.add(p, q);
  const whole = axes.reduce((x, a, i) => {
    const taps = Array.from({ length: a.kernel }, (_, k) => {
      const part = sliceAxis(w, x, i + 2, k * a.dilation, (positions[i]! - 1) * a.stride + 1);
      return subsample(
        w,
        part,
        x.dims.map((_, j) => (j === i + 2 ? a.stride : 1)),
      );
    });
    return taps.reduce(combine);
  }, padded);
  return what === "Max" ? whole : w.scale(whole, 1 / sizeOf(axes.map((a) => a.kernel)));
}

function poolImage(
  w: TfOpBuilder,
  padded: Operand,
  axes: readonly Axis[],
  positions: readonly number[],
  what: "Max" | "Mean",
): Operand {
  const size = sizeOf(axes.map((a) => a.kernel));
  // XNNPACK does not support pools of one element.
  if (size === 1) return subsample(w, padded, [1, 1, ...axes.map((a) => a.stride)]);
  const layout = channelsLast(4);
  const x = w.arrange(padded, layout);
  const [height, width] = axes as [Axis, Axis];
  const attributes = {
    ksize: [height.kernel, width.kernel],
    strides: [height.stride, width.stride],
  } as const;
  const dims = [...padded.dims.slice(0, 2), ...positions];
  const shape = inMemory(dims, layout);
  const id = w.emit(what === "Max" ? "MaxPool" : "AvgPool", [x.id], attributes, x.type, shape);
  return { id, type: x.type, dims, layout };
}
