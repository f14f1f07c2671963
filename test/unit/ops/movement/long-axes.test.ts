import { describe, it } from "vitest";
import { text } from "../../../../src/onnx/attribute.js";
import { check } from "../record-check.js";

// A matrix from 6000 to 10 000 elements would have 60 million numbers; 16 million are allowed.
describe("the gradient of copies along a long axis takes no matrix", () => {
  const signal = { dims: [2, 6000, 2] };

  it.each(["reflect", "edge", "wrap"])("Pad %s", async (mode) => {
    const pads = { dims: [6], values: [0, 1500, 0, 0, 2500, 0], dtype: "int64" } as const;
    const inputs = [signal, { ...pads, still: true }];
    await check({ op: "Pad", inputs, attributes: { mode: text(mode) }, opset: 19 });
  });

  it.each([2, -1])("Slice by steps of %i", async (step) => {
    const bounds = step > 0 ? [3, 5990] : [5990, 3];
    const numbers = [...bounds, 1, step].map((value) => ({
      dims: [1],
      values: [value],
      dtype: "int64" as const,
      still: true,
    }));
    await check({ op: "Slice", inputs: [signal, ...numbers] });
  });
});
