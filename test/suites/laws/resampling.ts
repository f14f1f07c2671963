import fc from "fast-check";
import { int, ints, text } from "../../../src/onnx/attribute.js";
import type { Row } from "./case.js";
import { constant, oneOf, variable } from "./geometry.js";

const extent = fc.integer({ min: 1, max: 5 });

/** By sizes or scales, up and down, every mode and coordinate transformation. */
const resize: Row = {
  op: "Resize",
  cases: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      from: fc.array(extent, { minLength: 2, maxLength: 2 }),
      to: fc.array(extent, { minLength: 2, maxLength: 2 }),
      factors: fc.array(oneOf(0.5, 1, 1.5, 2, 3), { minLength: 2, maxLength: 2 }),
      form: oneOf("sizes", "scales", "all scales"),
      mode: oneOf("nearest", "linear", "linear", "cubic"),
      coordinates: oneOf(
        "half_pixel",
        "pytorch_half_pixel",
        "align_corners",
        "asymmetric",
        "half_pixel_symmetric",
      ),
      nearest: oneOf("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"),
      exclude: fc.boolean(),
      antialias: fc.boolean(),
      open: fc.boolean(),
      roi: fc.boolean(),
    })
    // Extents of 0 are excluded.
    .filter(({ from, factors }) => from.every((d, i) => Math.floor(d * factors[i]!) > 0))
    .map((g) => {
      const antialias = g.antialias && g.mode !== "nearest";
      const attributes = {
        mode: text(g.mode),
        coordinate_transformation_mode: text(g.coordinates),
        ...(g.mode === "nearest" ? { nearest_mode: text(g.nearest) } : {}),
        ...(g.mode === "cubic" ? { exclude_outside: int(g.exclude ? 1 : 0) } : {}),
        ...(antialias ? { antialias: int(1) } : {}),
      };
      const x = variable([g.batch, 2, ...g.from], undefined, g.open);
      const scales = (values: readonly number[]) => constant(values, [values.length], "float32");
      if (g.form === "all scales") {
        const whole = g.roi ? constant([0, 0, 0, 0, 1, 1, 1, 1], [8], "float32") : undefined;
        return { attributes, inputs: [x, whole, scales([1, 1, ...g.factors])] };
      }
      const spatial = { ...attributes, axes: ints([2, 3]) };
      return g.form === "scales"
        ? { attributes: spatial, inputs: [x, undefined, scales(g.factors)] }
        : { attributes: spatial, inputs: [x, undefined, undefined, constant(g.to)] };
    }),
  polynomial: true,
  effort: 4,
};

/** Grids with positions inside and outside pictures and volumes. */
const gridSample: Row = {
  op: "GridSample",
  cases: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      size: fc.array(extent, { minLength: 2, maxLength: 3 }),
      positions: fc.array(extent, { minLength: 3, maxLength: 3 }),
      mode: oneOf("linear", "nearest", "cubic"),
      padding: oneOf("zeros", "border", "reflection"),
      corners: oneOf(0, 1),
      isConstant: fc.boolean(),
      isBeyond: fc.boolean(),
      at: fc.array(fc.integer({ min: -13, max: 13 }), { minLength: 30, maxLength: 30 }),
    })
    .map(({ batch, size, positions, mode, padding, corners, isConstant, isBeyond, at }) => {
      // The standard defines cubic for pictures only.
      const own = mode === "cubic" ? size.slice(0, 2) : size;
      const shape = [batch, ...positions.slice(0, own.length), own.length];
      const count = shape.reduce((p, d) => p * d, 1);
      // Never half-way between two pixels.
      const grid = Array.from({ length: count }, (_, i) => at[i % 30]! * 0.1 + 0.013);
      // A variable grid stays away from pixel centres and half-way points for one to five pixels; inside the image or
      // beyond it.
      const inner = corners === 1 ? { from: -0.44, to: -0.4 } : { from: -0.57, to: -0.55 };
      const within = isBeyond ? { from: 1.08, to: 1.12 } : inner;
      return {
        attributes: {
          mode: text(mode),
          padding_mode: text(padding),
          align_corners: int(corners),
        },
        inputs: [
          variable([batch, 2, ...own]),
          // Nearest pixels change half-way, too near for the steps that float32 needs.
          isConstant || mode === "nearest"
            ? constant(grid, shape, "float")
            : variable(shape, within),
        ],
        opset: 20,
      };
    }),
  effort: 2,
};

/** Grids for pictures and volumes. */
const affineGrid: Row = {
  op: "AffineGrid",
  cases: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      positions: fc.array(extent, { minLength: 2, maxLength: 3 }),
      corners: oneOf(0, 1),
    })
    // ONNX Runtime computes NaN for an axis of one position with corners.
    .filter(({ positions, corners }) => corners === 0 || positions.every((d) => d > 1))
    .map(({ batch, positions, corners }) => ({
      attributes: { align_corners: int(corners) },
      inputs: [
        variable([batch, positions.length, positions.length + 1]),
        constant([batch, 1, ...positions]),
      ],
      opset: 20,
    })),
  polynomial: true,
};

/** Kernels, strides, pads and dilations, with groups of channels and of offsets, mask and bias. */
const deformConv: Row = {
  op: "DeformConv",
  cases: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      kernel: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
      stride: fc.integer({ min: 1, max: 2 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      pad: fc.integer({ min: 0, max: 1 }),
      more: fc.tuple(fc.nat(2), fc.nat(2)),
      groups: oneOf(1, 2),
      offsetGroups: oneOf(1, 2),
      bias: fc.boolean(),
      mask: fc.boolean(),
    })
    .map(({ batch, kernel, stride, dilation, pad, more, groups, offsetGroups, bias, mask }) => {
      const span = kernel.map((k) => dilation * (k - 1) + 1);
      const size = span.map((d, i) => d + more[i]!);
      const output = size.map((d, i) => Math.floor((d + 2 * pad - span[i]!) / stride) + 1);
      const taps = kernel[0] * kernel[1];
      // Between the pixels, where the slope does not jump.
      const between = { from: 0.2, to: 0.8 };
      return {
        attributes: {
          kernel_shape: ints(kernel),
          strides: ints([stride, stride]),
          dilations: ints([dilation, dilation]),
          pads: ints([pad, pad, pad, pad]),
          group: int(groups),
          offset_group: int(offsetGroups),
        },
        inputs: [
          variable([batch, 4, ...size]),
          variable([2, 4 / groups, ...kernel]),
          variable([batch, 2 * offsetGroups * taps, ...output], between),
          bias ? variable([2]) : undefined,
          mask ? variable([batch, offsetGroups * taps, ...output]) : undefined,
        ],
        opset: 19,
      };
    }),
  // Five inputs make 31 choices of active ones.
  effort: 1 / 2,
};

/** Boxes inside and across the border, in images of a batch, by the mean or by the largest of their samples. */
const regions = (mode: "avg" | "max"): Row["cases"] =>
  fc
    .record({
      batch: fc.integer({ min: 1, max: 3 }),
      size: fc.array(extent, { minLength: 2, maxLength: 2 }),
      bins: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 2 }),
      boxes: fc.array(
        fc.record({
          image: fc.nat(2),
          from: fc.array(fc.integer({ min: -9, max: 12 }), { minLength: 2, maxLength: 2 }),
          sides: fc.array(fc.integer({ min: -2, max: 18 }), { minLength: 2, maxLength: 2 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      samples: oneOf(0, 0, 1, 2, 5),
      scale: oneOf(1, 0.5, 0.125),
      coordinates: oneOf("half_pixel", "output_half_pixel"),
      open: fc.boolean(),
    })
    .map(({ batch, size, bins, boxes, samples, scale, coordinates, open }) => {
      // Of a side below 0, ONNX Runtime counts a number of samples below 0.
      const least = samples === 0 ? 0 : -2;
      // By halves of a pixel and a little beside, so that no sample lies where it begins to count.
      const corners = boxes.flatMap(({ from, sides }) => {
        const low = from.map((v) => (v * 0.511 + 0.0137) / scale);
        return [
          ...low,
          ...low.map((v, i) => v + (Math.max(sides[i]!, least) * 0.507 + 0.0071) / scale),
        ];
      });
      return {
        attributes: {
          mode: text(mode),
          output_height: int(bins[0]!),
          output_width: int(bins[1]!),
          sampling_ratio: int(samples),
          spatial_scale: { type: "float", value: scale } as const,
          coordinate_transformation_mode: text(coordinates),
        },
        inputs: [
          variable([batch, 2, ...size], mode === "max" ? "distinct" : undefined, open),
          constant(corners, [boxes.length, 4], "float"),
          constant(boxes.map(({ image }) => image % batch)),
        ],
      };
    });

const roiAlign: Row = { op: "RoiAlign", cases: regions("avg"), polynomial: true, effort: 3 };

const roiAlignMax: Row = {
  op: "RoiAlign",
  cases: regions("max"),
  polynomial: true,
  float64Only: true,
};

export const resampling: readonly Row[] = [
  resize,
  gridSample,
  affineGrid,
  deformConv,
  roiAlign,
  roiAlignMax,
];
