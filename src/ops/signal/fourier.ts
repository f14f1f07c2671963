import { ints } from "../../onnx/attribute.js";
import type { Value } from "../../onnx/ir.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import { normalizeAxis, type Dim } from "../../tensor/shape.js";
import { checkMade, fromNumbers } from "../../tensor/tensor.js";
import { byDefinition } from "../core/by-definition.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

interface DftAttrs {
  readonly axis: number;
  readonly inverse: boolean;
  readonly onesided: boolean;
}

/** A transform along one axis: numbers of inputs and outputs, and of their parts (real, imaginary). */
interface Transform {
  readonly axis: number;
  readonly length: number;
  readonly from: readonly [count: number, parts: number];
  readonly to: readonly [count: number, parts: number];
}

function transformOf(n: NodeView<DftAttrs>): Transform {
  const { inverse, onesided } = n.attrs;
  const given = n.optionalNumbers(2)?.[0] ?? (n.opset >= 20 ? -2 : n.attrs.axis);
  const axis = normalizeAxis(given, n.rank());
  const [count, parts] = [n.shape()[axis], n.shape().at(-1)];
  if (typeof count !== "number" || (parts !== 1 && parts !== 2) || axis === n.rank() - 1) {
    throw n.error(
      `axis ${given} of [${n.shape().join(",")}] must have a fixed extent, and the last axis extent 1 or 2`,
    );
  }
  const isHalf = inverse && onesided;
  const length = n.optionalNumbers(1)?.[0] ?? (isHalf ? 2 * (count - 1) : count);
  if (length < 1) throw n.error(`length ${length} must be positive`);
  if (onesided && !inverse && parts === 2)
    throw n.error("a complex signal has no onesided spectrum");
  if (isHalf && count !== Math.floor(length / 2) + 1) {
    const needed = Math.floor(length / 2) + 1;
    throw n.error(
      `length ${length} needs a onesided spectrum of ${needed} numbers, not ${count}: engines disagree on other sizes`,
    );
  }
  const bins = onesided && !inverse ? Math.floor(length / 2) + 1 : length;
  return { axis, length, from: [count, parts], to: [bins, isHalf ? 1 : 2] };
}

// X_k = Σ_j x_j e^(−2πijk/L): a matrix along the axis; x is truncated or zero-padded to length L. The inverse has +i
// and 1/L. The inverse of a onesided spectrum, which must have all ⌊L/2⌋ + 1 numbers, is real: each X_k except the
// first and the one at L/2 represents two.
const dft: OpSpec<DftAttrs> = byDefinition<DftAttrs>({
  type: "DFT",
  since: 17,
  arity: [1, 3],
  role: "product",
  newer: true,
  attrs: (a) => ({
    axis: a.int("axis", 1),
    inverse: a.flag("inverse"),
    onesided: a.flag("onesided"),
  }),
  infer: (n) => {
    const { axis, to } = transformOf(n);
    const shape = n.shape().map((d, i) => (i === axis ? to[0] : d));
    return [n.like(shape.with(-1, to[1]))];
  },
  definition: (b, n) => {
    const transform = transformOf(n);
    const { axis, from, to } = transform;
    const last = n.rank() - 1;
    const others = n.shape().flatMap((_, i) => (i === axis || i === last ? [] : [i]));
    const rest = others.map((i) => n.shape()[i]!);
    const perm = [...others, axis, last];
    const rows = b.reshape(b.transpose(n.x(), perm), [...rest, from[0] * from[1]], "rows");
    const matrix = b.constant(fourierMatrix(n, transform), "matrix");
    const spectrum = b.reshape(b.matmul(rows, matrix, "spectrum/rows"), [...rest, ...to]);
    return [
      b.transpose(
        spectrum,
        perm.map((_, i) => perm.indexOf(i)),
        "spectrum",
      ),
    ];
  },
});

/** [from·parts, to·parts] */
function fourierMatrix(
  n: NodeView<DftAttrs>,
  { length, from, to }: Transform,
): ReturnType<typeof fromNumbers> {
  const dims = [from[0] * from[1], to[0] * to[1]];
  checkMade(dims, `for DFT (node "${n.name}") a matrix`);
  const { inverse } = n.attrs;
  const isHalf = inverse && n.attrs.onesided;
  const values = new Float64Array(dims[0]! * dims[1]!);
  for (let j = 0; j < Math.min(from[0], length); j++) {
    const isTwice = isHalf && j !== 0 && 2 * j !== length;
    const weight = (inverse ? 1 / length : 1) * (isTwice ? 2 : 1);
    for (let k = 0; k < to[0]; k++) {
      const [re, im] = unit(j * k, length, inverse);
      // (a + ib)(re + i·im)
      const parts = [weight * re, weight * im, -weight * im, weight * re];
      for (let p = 0; p < from[1]; p++) {
        for (let q = 0; q < to[1]; q++) {
          values[(j * from[1] + p) * dims[1]! + k * to[1] + q] = parts[2 * p + q]!;
        }
      }
    }
  }
  return fromNumbers(n.x().fact.dtype, dims, values);
}

/** e^(∓2πi·turns/length); turns are integers, so that large products stay exact. */
function unit(turns: number, length: number, inverse: boolean): readonly [number, number] {
  const angle = (2 * Math.PI * (turns % length)) / length;
  return [Math.cos(angle), (inverse ? 1 : -1) * Math.sin(angle)];
}

interface Frames {
  readonly step: number;
  readonly length: number;
  readonly bins: number;
  readonly parts: number;
  readonly count: Dim;
}

function framesOf(n: NodeView<{ onesided: boolean }>): Frames {
  const [step = 0] = n.numbers(1);
  const size = n.optional(2) ? n.shape(2)[0] : undefined;
  const length = n.optionalNumbers(3)?.[0] ?? size;
  const parts = n.rank() === 3 ? n.shape()[2] : 1;
  const samples = n.shape()[1];
  if (
    typeof length !== "number" ||
    step < 1 ||
    length < 1 ||
    (size !== undefined && size !== length)
  ) {
    throw n.error(
      `frames of ${length ?? "unknown"} samples, ${step} apart, and a window of ${size ?? "none"}`,
    );
  }
  if ((n.rank() !== 2 && n.rank() !== 3) || (parts !== 1 && parts !== 2)) {
    throw n.error(`the signal [${n.shape().join(",")}] must be [N,L], [N,L,1] or [N,L,2]`);
  }
  const { onesided } = n.attrs;
  if (onesided && parts === 2) throw n.error("a complex signal has no onesided spectrum");
  const count =
    typeof samples === "number" ? Math.floor((samples - length) / step) + 1 : `frames(${n.name})`;
  if (typeof count === "number" && count < 1)
    throw n.error(`the signal is shorter than a frame of ${length}`);
  return { step, length, bins: onesided ? Math.floor(length / 2) + 1 : length, parts, count };
}

// The Fourier transform of each frame of a signal times a window: a convolution with a kernel for each bin and part.
const stft: OpSpec<{ onesided: boolean }> = byDefinition<{ onesided: boolean }>({
  type: "STFT",
  since: 17,
  arity: [2, 4],
  role: "convolution",
  attrs: (a) => ({ onesided: a.flag("onesided", true) }),
  infer: (n) => {
    const { count, bins } = framesOf(n);
    return [n.like([n.shape()[0]!, count, bins, 2])];
  },
  definition: (b, n) => {
    const frames = framesOf(n);
    const { step, length, bins, count } = frames;
    const signal =
      n.rank() === 2 ? b.op("Unsqueeze", [n.x(), b.ints([1])]) : b.transpose(n.x(), [0, 2, 1]);
    const plain = b.constant(kernels(n, frames), "kernels");
    const kernel = n.optional(2) ? windowed(b, plain, n.x(2)) : plain;
    const attributes = { kernel_shape: ints([length]), strides: ints([step]) };
    const rows = b.op("Conv", [signal, kernel], attributes, "rows");
    const spectrum = b.reshape(rows, [n.shape()[0]!, 2, bins, count], "parts");
    return [b.transpose(spectrum, [0, 3, 2, 1], "spectrum")];
  },
});

const windowed = (b: GraphBuilder, plain: Value, window: Value): Value =>
  b.mul(plain, b.reshape(window, [1, 1, window.fact.shape[0]!]), "kernels/windowed");

/** [2·bins, parts, length]: all real parts, then all imaginary ones. */
function kernels(n: NodeView, { length, bins, parts }: Frames): ReturnType<typeof fromNumbers> {
  const dims = [2 * bins, parts, length];
  checkMade(dims, `for STFT (node "${n.name}") kernels`);
  const values = new Float64Array(2 * bins * parts * length);
  for (let k = 0; k < bins; k++) {
    for (let j = 0; j < length; j++) {
      const [re, im] = unit(j * k, length, false);
      const at = (row: number, part: number): number => (row * parts + part) * length + j;
      values[at(k, 0)] = re;
      values[at(bins + k, 0)] = im;
      if (parts === 1) continue;
      values[at(k, 1)] = -im;
      values[at(bins + k, 1)] = re;
    }
  }
  return fromNumbers(n.x().fact.dtype, dims, values);
}

export const fourierTransforms: readonly OpSpec[] = [dft, stft];
