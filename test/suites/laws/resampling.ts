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

const gridSample: Row = {
  op: "GridSample",
  cases: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      size: fc.tuple(extent, extent),
      places: fc.tuple(extent, extent),
      mode: oneOf("linear", "nearest", "cubic"),
      padding: oneOf("zeros", "border", "reflection"),
      corners: oneOf(0, 1),
      at: fc.array(fc.integer({ min: -13, max: 13 }), { minLength: 100, maxLength: 100 }),
    })
    .map(({ batch, size, places, mode, padding, corners, at }) => {
      const shape = [batch, ...places, 2];
      const count = shape.reduce((p, d) => p * d, 1);
      // Positions inside and outside, none half-way between two pixels.
      const grid = Array.from({ length: count }, (_, i) => at[i]! * 0.1 + 0.013);
      return {
        attributes: {
          mode: text(mode),
          padding_mode: text(padding),
          align_corners: int(corners),
        },
        inputs: [variable([batch, 2, ...size]), constant(grid, shape, "float")],
        opset: 20,
      };
    }),
  polynomial: true,
  effort: 4,
};

export const resampling: readonly Row[] = [resize, gridSample];
