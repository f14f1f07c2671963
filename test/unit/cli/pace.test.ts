import { expect, test } from "vitest";
import { Pace } from "../../../src/cli/pace.js";

test("rate and remaining time follow from what is done so far", () => {
  let now = 0;
  const pace = new Pace(() => now);
  expect(pace.line(0, 100)).toBe("");
  now = 10_000;
  expect(pace.line(20, 100)).toBe("2.0/s, 40 s left");
  now = 200_000;
  expect(pace.line(50, 100)).toBe("15/min, 4 min left");
  // Another run of the same length begins.
  expect(pace.line(0, 100)).toBe("");
});
