import { expect, test } from "vitest";
import { withBox } from "../../../src/draw/box.js";

const level = (data: Uint8Array, width: number, x: number, y: number): number =>
  data[(y * width + x) * 3]!;

test("a white edge inside of the box between black ones, and nothing else", () => {
  const picture = { width: 30, height: 20, data: new Uint8Array(30 * 20 * 3).fill(100) };
  const { data } = withBox(picture, [10, 5, 20, 15]);
  const row = Array.from({ length: 30 }, (_, x) => level(data, 30, x, 10));
  expect(row.slice(8, 13)).toEqual([100, 0, 255, 0, 100]);
  expect(row.slice(17, 22)).toEqual([100, 0, 255, 0, 100]);
  expect(level(data, 30, 15, 10)).toBe(100);
  expect(level(data, 30, 9, 4)).toBe(0);
  expect(picture.data.every((v) => v === 100)).toBe(true);
});

test("what lies outside of the picture is cut off", () => {
  const picture = { width: 8, height: 8, data: new Uint8Array(8 * 8 * 3).fill(100) };
  const { data } = withBox(picture, [-1e9, 3, 1e9, 40]);
  expect(Array.from({ length: 8 }, (_, y) => level(data, 8, 4, y))).toEqual([
    100, 100, 0, 255, 0, 100, 100, 100,
  ]);
});
