import fc from "fast-check";
import { ints, text } from "../../../src/onnx/attribute.js";
import type { Attributes } from "../../../src/onnx/ir.js";
import type { Constant, Values, Variable } from "./case.js";

/** Extents of a tensor, kept small: small tensors show every kind of geometry. */
export function shapes(
  limits: { least?: number; most?: number; extent?: number } = {},
): fc.Arbitrary<number[]> {
  const { least = 0, most = 4, extent = 4 } = limits;
  return fc.array(fc.integer({ min: 1, max: extent }), { minLength: least, maxLength: most });
}

/** A tensor of any shape, sometimes with an open batch. */
export function anyTensor(values?: Values): fc.Arbitrary<Variable> {
  return fc
    .record({ dims: shapes(), open: fc.boolean() })
    .map(({ dims, open }) => variable(dims, values, open && dims.length > 0));
}

export function variable(dims: readonly number[], values?: Values, openBatch = false): Variable {
  return {
    dims,
    ...(values === undefined ? {} : { values }),
    ...(openBatch ? { openBatch } : {}),
  };
}

export function constant(
  values: readonly number[],
  dims?: readonly number[],
  dtype?: Constant["dtype"],
): Constant {
  const base = { dims: dims ?? [values.length], constant: values };
  return dtype === undefined ? base : { ...base, dtype };
}

/** Shapes that broadcast to one: leading axes left out, extents replaced by 1. */
export function broadcastable(count: number): fc.Arbitrary<number[][]> {
  return shapes({ most: 3 }).chain((whole) =>
    fc
      .array(
        fc.record({
          skip: fc.integer({ min: 0, max: whole.length }),
          ones: fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length }),
        }),
        { minLength: count, maxLength: count },
      )
      .map((operands) =>
        operands.map(({ skip, ones }, k) =>
          // The first one often has the full shape, so that not all shapes are small.
          k === 0 && ones[0] ? whole : whole.map((d, i) => (ones[i] ? 1 : d)).slice(skip),
        ),
      ),
  );
}

/** An axis of a shape, counted from the front or from the back. */
export function axisOf(rank: number): fc.Arbitrary<number> {
  return fc.integer({ min: -rank, max: rank - 1 });
}

/** One axis of a sliding window with an input that holds at least one position of it. */
export interface WindowAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
  readonly extent: number;
}

/** @param pads the largest pad beside a kernel */
export function windowAxis(pads: (kernel: number) => number): fc.Arbitrary<WindowAxis> {
  return fc
    .record({
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      padding: fc.tuple(fc.nat(8), fc.nat(8)),
      extra: fc.nat(4),
    })
    .map(({ kernel, stride, dilation, padding, extra }) => {
      const most = pads(kernel) + 1;
      const [begin, end] = [padding[0] % most, padding[1] % most];
      const least = Math.max(1, dilation * (kernel - 1) + 1 - begin - end);
      return { kernel, stride, dilation, begin, end, extent: least + extra };
    });
}

/** Between one and three spatial axes. */
export function windows(pads: (kernel: number) => number): fc.Arbitrary<WindowAxis[]> {
  return fc.array(windowAxis(pads), { minLength: 1, maxLength: 3 });
}

/**
 * Windows as ONNX Runtime takes them under SAME: its convolutions refuse dilations, its pools leave them out of the
 * padding (against the standard's "effective kernel"), and a stride beyond the kernel would make the padding negative.
 */
export function forAutoPad(axes: readonly WindowAxis[], autoPad: string): readonly WindowAxis[] {
  if (!autoPad.startsWith("SAME")) return axes;
  return axes.map((a) => ({ ...a, dilation: 1, stride: Math.min(a.stride, a.kernel) }));
}

export const autoPads = fc.constantFrom("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");

/** The attributes that convolutions and pools share. With VALID the input is large enough for the kernel. */
export function windowAttributes(axes: readonly WindowAxis[], autoPad: string): Attributes {
  const own = {
    kernel_shape: ints(axes.map((a) => a.kernel)),
    strides: ints(axes.map((a) => a.stride)),
    dilations: ints(axes.map((a) => a.dilation)),
  };
  if (autoPad !== "NOTSET") return { ...own, auto_pad: text(autoPad) };
  return { ...own, pads: ints([...axes.map((a) => a.begin), ...axes.map((a) => a.end)]) };
}

/** Extents of the input; without pads, at least the kernel's. */
export function extentsOf(axes: readonly WindowAxis[], autoPad: string): number[] {
  return axes.map((a) =>
    autoPad === "NOTSET" ? a.extent : Math.max(a.extent, a.dilation * (a.kernel - 1) + 1),
  );
}

/** One of the given values, with equal probability. */
export function oneOf<const T>(...values: readonly T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...values);
}
