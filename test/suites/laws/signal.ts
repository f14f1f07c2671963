import fc from "fast-check";
import { int } from "../../../src/onnx/attribute.js";
import type { Row } from "./case.js";
import { constant, oneOf, variable } from "./geometry.js";

const extent = fc.integer({ min: 1, max: 3 });
const scalar = (value: number): ReturnType<typeof constant> => constant([value], []);

/** Of real and complex numbers, along any axis, cut off or continued with zeros, and back. */
const dft: Row = {
  op: "DFT",
  cases: fc
    .record({
      before: fc.array(extent, { minLength: 1, maxLength: 2 }),
      count: fc.integer({ min: 2, max: 6 }),
      after: fc.array(extent, { maxLength: 1 }),
      parts: oneOf(1, 2),
      onesided: fc.boolean(),
      inverse: fc.boolean(),
      length: fc.option(fc.integer({ min: 2, max: 7 }), { nil: undefined }),
    })
    .map(({ before, count, after, parts, onesided, inverse, length }) => {
      const isOnesided = onesided && parts === 1 && !inverse;
      return {
        attributes: { inverse: int(inverse ? 1 : 0), onesided: int(isOnesided ? 1 : 0) },
        inputs: [
          variable([...before, count, ...after, parts], undefined, true),
          length === undefined ? undefined : scalar(length),
          scalar(before.length),
        ],
        opset: 20,
      };
    }),
  polynomial: true,
};

/** Frames that overlap, touch or leave gaps, with and without a window. */
const stft: Row = {
  op: "STFT",
  cases: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      length: fc.integer({ min: 2, max: 6 }),
      more: fc.integer({ min: 0, max: 9 }),
      step: fc.integer({ min: 1, max: 4 }),
      parts: oneOf(1, 2),
      onesided: fc.boolean(),
      window: oneOf("none", "constant", "variable"),
    })
    .map(({ batch, length, more, step, parts, onesided, window }) => {
      const values = Array.from({ length }, (_, i) => 0.3 + Math.sin(i + 1) / 2);
      const own = window === "constant" ? constant(values, [length], "float") : variable([length]);
      return {
        attributes: { onesided: int(onesided && parts === 1 ? 1 : 0) },
        inputs: [
          variable([batch, length + more, parts], undefined, true),
          scalar(step),
          window === "none" ? undefined : own,
          scalar(length),
        ],
      };
    }),
  polynomial: true,
};

export const signals: readonly Row[] = [dft, stft];
