import { expect, test } from "vitest";
import { randomSamples } from "../../../../src/cli/input/random-samples.js";
import { UsageError } from "../../../../src/errors.js";
import { toNumbers } from "../../../../src/tensor/tensor.js";

const port = { name: "x", dtype: "float32", shape: ["N", 3, 32, 32] } as const;

test("are standard normal and the same for one seed", () => {
  const x = randomSamples(port, 4, 7);
  expect([x.dtype, ...x.dims]).toEqual(["float32", 4, 3, 32, 32]);
  const values = Array.from(toNumbers(x));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.04);
  const within = values.filter((v) => Math.abs(v) < 1).length / values.length;
  expect(Math.abs(within - 0.6827)).toBeLessThan(0.02);
  expect(randomSamples(port, 4, 7).data).toEqual(x.data);
  expect(randomSamples(port, 4, 8).data).not.toEqual(x.data);
});

test("have 224 pixels where the model leaves its size open, and need all else", () => {
  const open = { ...port, shape: ["N", 3, "H", "W"] };
  expect(randomSamples(open, 1, 0).dims).toEqual([1, 3, 224, 224]);
  const text = { ...port, shape: ["N", "length"] };
  expect(() => randomSamples(text, 1, 0)).toThrow(UsageError);
});
