import { describe, expect, it } from "vitest";
import { check, evaluate, type Operand } from "./record-check.js";

const x: Operand = { dims: [2, 3] };
const ratio = (value: number): Operand => ({ dims: [], values: [value], still: true });
const training = (value: number): Operand => ({ ...ratio(value), dtype: "bool" });

describe("Dropout", () => {
  it("refuses to be explained while it drops", async () => {
    const inputs = [x, ratio(0.5), training(1)];
    await expect(evaluate({ op: "Dropout", inputs })).rejects.toThrow(/evaluation mode/);
    const unsaid = [x, undefined, training(1)];
    await expect(evaluate({ op: "Dropout", inputs: unsaid })).rejects.toThrow(/evaluation mode/);
  });

  it("passes on what it does not drop", async () => {
    await check({ op: "Dropout", inputs: [x, ratio(0.5), training(0)] });
    await check({ op: "Dropout", inputs: [x, ratio(0), training(1)] });
  });
});
