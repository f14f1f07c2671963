import type { Axis } from "../../../ops/layers/window.js";
import { indicesOf } from "../../../tensor/shape.js";
import { channelsLast } from "../layout.js";
import { convolve, kernelLayout } from "./convolve.js";
import { interleave } from "./interleave.js";
import { pick, slice } from "./movement-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** The part of a transposed convolution along one axis that computes the outputs q ≡ phase (mod stride). */
interface Phase {
  /** The kernel taps of this phase, last one first. */
  readonly taps: readonly number[];
  /** An ordinary convolution over x that computes the consecutive outputs of this phase. */
  readonly axis: Axis;
}

/**
 * Transposed convolution, the adjoint of a convolution: y[q] = Σ x[i]·k[t] over i·stride + t·dilation = q + begin.
 *
 * Outputs of one phase, q mod stride, use only the taps of that phase, so there is one ordinary convolution per
 * phase, and the results are interleaved. No multiplications by zero are needed: for 128 channels from 28² to 56², 13
 * ms on wasm instead of 54 ms with zeros inserted into x.
 *
 * x [N,C,…], kernels [C,O/g,…]; result dims [N,O,…], cropped at each axis' `begin`.
 */
export function convolveTransposed(
  w: TfOpBuilder,
  x: Operand,
  kernels: Operand,
  axes: readonly Axis[],
  dims: readonly number[],
  group: number,
): Operand {
  const turned = w.arrange(turnKernels(w, kernels, group), kernelLayout(kernels.dims.length));
  const image = w.arrange(x, channelsLast(x.dims.length));
  const extents = x.dims.slice(2);
  const counts = axes.map((a, i) => Math.ceil((dims[i + 2]! + a.begin) / a.stride));
  const phases = axes.map((a, i) =>
    Array.from({ length: a.stride }, (_, p) => phaseOf(a, p, extents[i]!, counts[i]!)),
  );
  const blank = [dims[0]!, dims[1]!, ...counts];
  const parts = indicesOf(axes.map((a) => a.stride)).map((at) => {
    const choice = at.map((p, i) => phases[i]![p]!);
    if (choice.some((p) => p.taps.length === 0)) return undefined;
    const taps = choice.reduce((k, phase, i) => pick(w, k, i + 2, phase.taps), turned);
    return convolve(
      w,
      image,
      taps,
      choice.map((p) => p.axis),
      group,
    );
  });
  const whole = interleave(
    w,
    parts,
    axes.map((a) => a.stride),
    blank,
  );
  const begins = [0, 0, ...axes.map((a) => a.begin)];
  return slice(w, whole, begins, dims);
}

/** [g·c, m, …] to [g·m, c, …]; taps stay in order. */
function turnKernels(w: TfOpBuilder, kernels: Operand, group: number): Operand {
  const [rows, columns, ...window] = kernels.dims as [number, number, ...number[]];
  const each = rows / group;
  const rest = window.map((_, i) => i + 3);
  const grouped = w.reshape(kernels, [group, each, columns, ...window]);
  const swapped = w.transpose(grouped, [0, 2, 1, ...rest]);
  return w.reshape(swapped, [group * columns, each, ...window]);
}

function phaseOf(a: Axis, phase: number, extent: number, count: number): Phase {
  const taps = Array.from({ length: a.kernel }, (_, t) => t).filter(
    (t) => t * a.dilation >= 0 && (t * a.dilation - phase) % a.stride === 0,
  );
  // Output m of the phase is q = m·stride + phase; tap t reads x[m − shift].
  const shifts = taps.map((t) => (t * a.dilation - phase) / a.stride);
  const [least = 0, most = 0] = [shifts[0], shifts.at(-1)];
  const dilation = shifts.length > 1 ? shifts[1]! - shifts[0]! : 1;
  return {
    taps: taps.toReversed(),
    axis: {
      kernel: taps.length,
      stride: 1,
      dilation,
      begin: most,
      end: count - least - extent,
    },
  };
}
