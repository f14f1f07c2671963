import { describe, expect, it } from "vitest";
import { channelsLast, reshapedLayout } from "../../../src/backends/tfjs/layout.js";

const nhwc = channelsLast(4);

describe("a reshape of a tensor with its channels last", () => {
  it.each([
    ["splits channels into groups", [2, 12, 5, 7], [2, 3, 4, 5, 7], [0, 3, 4, 1, 2]],
    ["joins the positions", [2, 12, 5, 7], [2, 12, 35], [0, 2, 1]],
    ["splits the positions", [2, 12, 4, 6], [2, 12, 2, 2, 3, 2], channelsLast(6)],
    ["drops positions of one element", [2, 12, 1, 1], [2, 12], [0, 1]],
    ["joins samples and nothing else", [2, 12, 5, 7], [1, 2, 12, 5, 7], [0, 1, 3, 4, 2]],
  ] as const)("moves nothing where it %s", (_, from, to, layout) => {
    expect(reshapedLayout(from, nhwc, to)).toEqual(layout);
  });

  it.each([
    ["joins channels and positions", [2, 12, 5, 7], [2, 420]],
    ["joins samples and channels", [2, 12, 5, 7], [24, 5, 7]],
    ["splits across axes", [2, 12, 5, 7], [2, 6, 2 * 35]],
  ] as const)("moves elements where it %s", (_, from, to) => {
    expect(reshapedLayout(from, nhwc, to)).toBeUndefined();
  });
});
