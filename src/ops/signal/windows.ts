import { dtypeOf } from "../../onnx/file/element-types.js";
import type { Fact } from "../../onnx/ir.js";
import type { DType } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { checkMade, fromNumbers } from "../../tensor/tensor.js";
import { noAxes } from "../core/axis-mapping.js";
import { withElements } from "../core/elements.js";
import type { AttributeReader } from "../core/attributes.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

interface Table {
  readonly dims: readonly number[];
  /** Row-major. */
  readonly values: () => Float64Array;
}

/** The record of an operator that produces a constant. */
function table<A extends { readonly dtype: DType }>(
  type: string,
  inputs: number,
  attrs: OpSpec<A>["attrs"],
  make: (n: NodeView<A>) => Table,
): OpSpec<A> {
  const made = (n: NodeView<A>): Table => {
    const found = make(n);
    checkMade(found.dims, `${type} (node "${n.name}")`);
    return found;
  };
  return {
    type,
    since: 17,
    arity: [inputs, inputs],
    role: "constant",
    axes: noAxes,
    attrs,
    infer: (n) => {
      const { dims, values } = made(n);
      const fact: Fact = { dtype: n.attrs.dtype, shape: dims };
      const few = sizeOf(dims) <= 4096;
      return [few ? withElements(fact, Array.from(values(), Math.fround)) : fact];
    },
    definition: (b, n) => {
      const { dims, values } = made(n);
      return [b.constant(fromNumbers(n.attrs.dtype, dims, values()), "table")];
    },
    vjp: "zero",
    bias: () => "none",
  };
}

const dtypeAttr = (a: AttributeReader): DType => dtypeOf(a.int("output_datatype", 1)) ?? "float32";

/** Σ_k a_k·cos(2πkj/N) for j = 0 … N − 1 if the window is periodic, else for j = 0 … N. */
function window(
  type: string,
  coefficients: readonly number[],
): OpSpec<{ dtype: DType; periodic: boolean }> {
  return table(
    type,
    1,
    (a) => ({ dtype: dtypeAttr(a), periodic: a.flag("periodic", true) }),
    (n) => {
      const [size = 0] = n.numbers(0);
      const period = n.attrs.periodic ? size : size - 1;
      const value = (j: number): number =>
        coefficients.reduce((sum, a, k) => sum + a * Math.cos((2 * Math.PI * k * j) / period), 0);
      return {
        dims: [size],
        values: () => Float64Array.from({ length: size }, (_, j) => value(j)),
      };
    },
  );
}

const toMel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const toHertz = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

// [bins, mel]: triangles over the bins of a spectrum, evenly spaced on the mel scale.
const melWeights = table<{ dtype: DType }>(
  "MelWeightMatrix",
  5,
  (a) => ({ dtype: dtypeAttr(a) }),
  (n) => {
    const [mels, length, rate] = [0, 1, 2].map((i) => n.numbers(i)[0] ?? 0) as [
      number,
      number,
      number,
    ];
    const [low, high] = [3, 4].map((i) => {
      const edge = n.elements(i)?.[0];
      if (typeof edge !== "number") throw n.error(`input ${i} must be constant`);
      return toMel(edge);
    }) as [number, number];
    const bins = Math.floor(length / 2) + 1;
    const step = (high - low) / (mels + 2);
    const edge = (i: number): number => Math.floor(((length + 1) * toHertz(i * step + low)) / rate);
    const values = (): Float64Array => {
      const weights = new Float64Array(bins * mels);
      for (let i = 0; i < mels; i++) {
        const [lower, center, upper] = [edge(i), edge(i + 1), edge(i + 2)];
        for (let j = lower; j <= center && j < bins; j++) {
          weights[j * mels + i] = center === lower ? 1 : (j - lower) / (center - lower);
        }
        for (let j = center; j < upper && j < bins; j++) {
          weights[j * mels + i] = (upper - j) / (upper - center);
        }
      }
      return weights;
    };
    return { dims: [bins, mels], values };
  },
);

export const windows: readonly OpSpec[] = [
  window("HannWindow", [0.5, -0.5]),
  window("HammingWindow", [25 / 46, -21 / 46]),
  window("BlackmanWindow", [0.42, -0.5, 0.08]),
  melWeights,
];
