import { describe, expect, it } from "vitest";
import {
  resolveTarget,
  seedOf,
  targetPort,
  targetWords,
} from "../../../src/engine/target-words.js";
import { TargetError } from "../../../src/errors.js";
import type { Shape } from "../../../src/tensor/shape.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";

const seed = (text: string, shape: Shape): number[] =>
  Array.from(toNumbers(seedOf(text, shape, "y")));

const port = (shape: Shape, batch: Shape[number] = "N") =>
  targetPort({ name: "y", fact: { dtype: "float32", shape } }, batch);

describe("words for a map [N,2,2,3]", () => {
  const map = ["N", 2, 2, 3];

  it.each([
    ["1@2,0", [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]],
    ["1@1,0,3,2", [0, 0, 0, 0, 0, 0, 0, 0.25, 0.25, 0, 0.25, 0.25]],
    ["0@", [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0].map((v) => v / 6)],
    ["1,1,0", [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])("%s", (words, expected) => {
    const actual = seed(words, map);
    actual.forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i]!, 6);
    });
  });

  it.each([
    ["2@0,0", /classes are 0 to 1, the map is 3 wide and 2 high/],
    ["0@3,0", /3 wide and 2 high/],
    ["0@1,1,1,2", /3 wide/],
    ["0@1", /give x,y or x0,y0,x1,y1/],
    ["0@1,,2,2", /a number is missing/],
    ["1,1", /3 indices are needed, not 2/],
    ["1,2,0", /index 2 is out of range 0 to 1/],
    ["cat", /none of the words that are known; class@x,y.*would work/],
    ["", /none of the words/],
    ["1.5,0,0", /none of the words/],
  ])("%j is refused", (words, reason) => {
    expect(() => seed(words, map)).toThrow(TargetError);
    expect(() => seed(words, map)).toThrow(reason);
  });

  it("need a size that is known", () => {
    expect(() => seed("0@", ["N", 2, "H", "W"])).toThrow(/its size must be fixed \(--size\)/);
  });
});

describe("words for rows [N,3,2]", () => {
  it("box:i,class:j", () => {
    expect(seed("box:2,class:0", ["N", 3, 2])).toEqual([0, 0, 0, 0, 1, 0]);
    expect(() => seed("box:3,class:0", ["N", 3, 2])).toThrow(/index 3 is out of range 0 to 2/);
    expect(() => seed("1@0,0", ["N", 3, 2])).toThrow(
      /needs a map.*box:i,class:j or i,j would work/,
    );
  });
});

describe("the samples of an output", () => {
  it.each<[Shape, Shape[number], number | undefined]>([
    [["N", 10], "N", 10],
    [["N", 10, 1, 1], "N", 10],
    [["N"], "N", 1],
    [["N", 1], "N", 1],
    [["N", 10, 2, 1], "N", undefined],
    [["N", "K"], "N", undefined],
    [[4, 10], 4, 10],
    // A model for one sample may leave its axis out.
    [[10], 1, 10],
    [[], 1, 1],
    [[5, 4], 1, undefined],
  ])("[%j] of a batch of %s has %s classes", (shape, batch, classes) => {
    expect(port(shape, batch).classes).toBe(classes);
  });

  it("must be there", () => {
    expect(() => port([7, 10], 4)).toThrow(/no axis for the samples of a batch \[4,…\]/);
  });
});

describe("a target without words", () => {
  it("is a class for each sample", () => {
    expect(resolveTarget(port(["N", 3]), 2, 4)).toEqual([2, 2, 2, 2]);
    expect(resolveTarget(port(["N", 3]), "2", 2)).toEqual([2, 2]);
    expect(resolveTarget(port(["N", 3]), [0, 2], 2)).toEqual([0, 2]);
    expect(resolveTarget(port(["N"]), "top", 2)).toBe("top");
  });

  it("does not fit every output; what would is said", () => {
    const map = port(["N", 2, 4, 4]);
    expect(() => resolveTarget(map, "top", 1)).toThrow(
      /output "y" is \[N,2,4,4\].*no class scores.*class@x,y, class@x0,y0,x1,y1, class@ or i,j,k would/,
    );
    expect(() => resolveTarget(map, 1, 1)).toThrow(TargetError);
    expect(() => resolveTarget(port(["N", 3]), 3, 1)).toThrow(/class 3 does not exist.*0 to 2/);
    expect(() => resolveTarget(port(["N", 3]), [0], 2)).toThrow(/1 targets for 2 samples/);
  });

  it("may be a seed, for all samples or for each", () => {
    const target = { seed: float32([1, 3], [1, 0, -1]) };
    expect(resolveTarget(port(["N", 3]), target, 5)).toBe(target);
    expect(() => resolveTarget(port(["N", 4]), target, 5)).toThrow(/seed \[1,3\] does not fit/);
    const two = { seed: float32([2, 3], [1, 0, -1, 1, 0, -1]) };
    expect(() => resolveTarget(port(["N", 3]), two, 5)).toThrow(TargetError);
  });

  it("is named in the words of the output", () => {
    expect(targetWords(port(["N", 10]))).toBe("top or a class from 0 to 9");
    expect(targetWords(port(["N"]))).toBe("top or 0");
    expect(targetWords(port(["N", 5, 4]))).toBe("box:i,class:j or i,j");
    expect(targetWords(port(["N", 5, 4, 3, 2]))).toBe("i,j,k,l");
  });
});
