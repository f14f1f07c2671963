import fc from "fast-check";
import { int, ints } from "../../../src/onnx/attribute.js";
import type { Row } from "./case.js";
import {
  autoPads,
  extentsOf,
  forAutoPad,
  oneOf,
  variable,
  windowAttributes,
  windows,
  type WindowAxis,
} from "./geometry.js";

const channels = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  open: fc.boolean(),
  group: fc.integer({ min: 1, max: 3 }),
  each: fc.integer({ min: 1, max: 2 }),
  made: fc.integer({ min: 1, max: 2 }),
  bias: fc.boolean(),
});

/** 1-D to 3-D; groups up to depthwise; pads of either side up to more than the kernel. */
const conv: Row = {
  op: "Conv",
  cases: fc
    .record({ channels, axes: windows((kernel) => kernel + 1), autoPad: autoPads })
    .map(({ channels: c, axes, autoPad }) => ({
      attributes: {
        ...windowAttributes(forAutoPad(axes, autoPad), autoPad),
        group: int(c.group),
      },
      inputs: [
        variable([c.batch, c.group * c.each, ...extentsOf(axes, autoPad)], undefined, c.open),
        variable([c.group * c.made, c.each, ...axes.map((a) => a.kernel)]),
        c.bias ? variable([c.group * c.made]) : undefined,
      ],
    })),
  polynomial: true,
  effort: 4,
};

/** Length of the output before cropping by the pads, which must leave part of x. */
function transposedExtent(a: WindowAxis, extent: number, outputPadding: number): number {
  return a.stride * (extent - 1) + outputPadding + a.dilation * (a.kernel - 1) + 1;
}

const convTranspose: Row = {
  op: "ConvTranspose",
  cases: fc
    .record({
      channels,
      axes: windows((kernel) => kernel),
      autoPad: oneOf("NOTSET", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
      extra: fc.array(fc.nat(2), { minLength: 3, maxLength: 3 }),
      extents: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
      shape: fc.boolean(),
    })
    .map(({ channels: c, axes: all, autoPad, extra, extents, shape }) => {
      const axes = forAutoPad(all, autoPad);
      const wanted = shape && autoPad === "NOTSET";
      // The standard also allows values up to the dilation; ONNX Runtime refuses them.
      const outputPadding = axes.map((a, i) => (wanted ? 0 : Math.min(extra[i]!, a.stride - 1)));
      const full = axes.map((a, i) => transposedExtent(a, extents[i]!, outputPadding[i]!));
      const fitting = axes.map((a, i) => {
        const fits = a.begin + a.end < full[i]! && a.begin < full[i]! - outputPadding[i]!;
        return fits ? a : { ...a, begin: 0, end: 0 };
      });
      const { pads, ...own } = windowAttributes(fitting, autoPad);
      return {
        attributes: {
          ...own,
          ...(pads && !wanted ? { pads } : {}),
          // The standard's shape inference requires an output no smaller than the input.
          ...(wanted
            ? { output_shape: ints(full.map((f, i) => Math.max(extents[i]!, f - 1))) }
            : {}),
          ...(autoPad.startsWith("SAME") ? {} : { output_padding: ints(outputPadding) }),
          group: int(c.group),
        },
        inputs: [
          variable(
            [c.batch, c.group * c.each, ...extents.slice(0, axes.length)],
            undefined,
            c.open,
          ),
          variable([c.group * c.each, c.made, ...axes.map((a) => a.kernel)]),
          c.bias ? variable([c.group * c.made]) : undefined,
        ],
      };
    }),
  polynomial: true,
  effort: 4,
};

export const convolution: readonly Row[] = [conv, convTranspose];
