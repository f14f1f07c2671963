import { expect, test } from "vitest";
import { smoothedMap, withSmoothed } from "../../../src/evaluate/smoothed-maps.js";
import type { Explainer } from "../../../src/evaluate/subject.js";
import { makerOf, picture } from "../../support/evaluation.js";

test("a smoothed map is the means of its cells, with lines between their centres", () => {
  const map = Float32Array.from([1, 3, 5, 7, 1, 3, 5, 7]);
  // Two cells: 2 and 6, whose centres are half a pixel from the second and the third column.
  expect([...smoothedMap(map, [2, 4], 2).subarray(0, 4)]).toEqual([2, 3, 5, 6]);
  expect([...smoothedMap(map, [2, 4], 1)]).toEqual(Array(8).fill(4));
});

test("more cells than pixels leave a map as it is", () => {
  const map = Float32Array.from([4, -1, 2, 8, 0, 1]);
  expect([...smoothedMap(map, [2, 3], 7)]).toEqual([...map]);
  expect([...smoothedMap(map, [6], 7)]).toEqual([...map]);
});

test("a cell holds every pixel once where cells do not divide the extent", () => {
  const map = Float32Array.from({ length: 5 }, (_, i) => i);
  // Cells [0, 1, 2] and [3, 4].
  const [first, , , , last] = smoothedMap(map, [5], 2);
  expect([first, last]).toEqual([1, 3.5]);
});

test("an explainer and its smoothed form use one computed map of each subject", async () => {
  let made = 0;
  const given = makerOf(() => {
    made++;
    return [1, -1, 1, -1];
  });
  const [plain, smoothed] = withSmoothed(given, { cells: 1, sign: "signed" }) as [
    Explainer,
    Explainer,
  ];
  const subjects = [picture([2, 2], [1, 2, 3, 4]), picture([2, 2], [4, 3, 2, 1])];
  expect([plain.name, smoothed.name]).toEqual(["given", "given~1x1"]);
  expect([...(await plain.maps(subjects))[1]!]).toEqual([1, -1, 1, -1]);
  expect([...(await smoothed.maps(subjects))[1]!]).toEqual([0, 0, 0, 0]);
  expect(made).toBe(2);
  const [, magnitude] = withSmoothed(given, { cells: 1, sign: "absolute" });
  expect([...(await magnitude!.maps(subjects))[0]!]).toEqual([1, 1, 1, 1]);
});
