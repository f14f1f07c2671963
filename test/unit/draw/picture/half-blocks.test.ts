import { expect, test } from "vitest";
import { halfBlocks, terminalColors } from "../../../../src/draw/picture/half-blocks.js";

test("two rows of pixels are one line of characters, the upper colour in front", () => {
  const picture = { width: 1, height: 2, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
  expect(halfBlocks(picture, 80, "true")).toBe("\u001b[38;2;255;0;0;48;2;0;0;255m\u2580\u001b[0m");
  expect(halfBlocks(picture, 80, "256")).toBe("\u001b[38;5;196;48;5;21m\u2580\u001b[0m");
});

test.each([
  [{ COLORTERM: "truecolor" }, "true"],
  [{ TERM: "xterm-256color" }, "256"],
  [{ TERM: "xterm-256color", NO_COLOR: "1" }, undefined],
  [{ TERM: "dumb", COLORTERM: "truecolor" }, undefined],
  [{}, undefined],
])("%j has colours %j", (environment, colors) => {
  expect(terminalColors(environment)).toBe(colors);
});
