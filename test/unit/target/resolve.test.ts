import { describe, expect, it } from "vitest";
import { resolveTarget, seedOf, targetPort, targetWords } from "../../../src/target/resolve.js";
import { parseTarget } from "../../../src/target/parse.js";
import { TargetError } from "../../../src/errors.js";
import type { Shape } from "../../../src/tensor/shape.js";
import type { MaskTarget } from "../../../src/target/target.js";
import type { DType } from "../../../src/tensor/dtype.js";
import { float32, fromNumbers, toNumbers, type Tensor } from "../../../src/tensor/tensor.js";

const seed = (text: string, shape: Shape): number[] =>
  Array.from(toNumbers(seedOf(parseTarget(text), port(shape))));

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
    ["cat", /unrecognised target expression; class@x,y.*would work/],
    ["", /unrecognised target expression/],
    ["1.5,0,0", /unrecognised target expression/],
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
      /the map is 2 long.*box:i,class:j or i,j would work/,
    );
  });
});

describe("words for a signal [N,2,4]", () => {
  it.each([
    ["1@2", [0, 0, 0, 0, 0, 0, 1, 0]],
    ["0@1,3", [0, 0.5, 0.5, 0, 0, 0, 0, 0]],
    ["1@", [0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25]],
  ])("%s", (words, expected) => {
    expect(seed(words, ["N", 2, 4])).toEqual(expected);
  });

  it.each([
    ["2@0", /classes are 0 to 1, the map is 4 long/],
    ["0@4", /the map is 4 long/],
    ["0@3,3", /the map is 4 long/],
    ["0@1,2,3", /give x or x0,x1/],
  ])("%s is refused", (words, reason) => {
    expect(() => seed(words, ["N", 2, 4])).toThrow(reason);
  });
});

describe("words for a volume [N,2,2,2,3]", () => {
  const volume = ["N", 2, 2, 2, 3];
  /** The positions of the numbers that are not 0, in [K,D,H,W], and their weight. */
  const weighted = (words: string) =>
    seed(words, volume).flatMap((v, i) => (v === 0 ? [] : ([[i, v]] as const)));

  it("x first, as in pictures: the last axis of the output", () => {
    // Class 1 at x 2, y 0, z 1: ((1·2 + 1)·2 + 0)·3 + 2.
    expect(weighted("1@2,0,1")).toEqual([[20, 1]]);
    // x 1 to 2, y 1, z 0 to 1.
    expect(weighted("0@1,1,0,3,2,2")).toEqual([4, 5, 10, 11].map((i) => [i, 0.25]));
    expect(weighted("1@")).toEqual(
      Array.from({ length: 12 }, (_, i) => [12 + i, Math.fround(1 / 12)]),
    );
  });

  it.each([
    ["0@3,0,0", /the map is 3 wide, 2 high and 2 deep/],
    ["0@0,0", /give x,y,z or x0,y0,z0,x1,y1,z1/],
  ])("%s is refused", (words, reason) => {
    expect(() => seed(words, volume)).toThrow(reason);
  });
});

describe("a mask", () => {
  const numbers = (target: MaskTarget, shape: Shape): number[] => {
    const resolved = resolveTarget(port(shape), target, 1);
    return Array.from(toNumbers((resolved as { seed: Tensor }).seed));
  };
  const mask = (dims: readonly number[], weights: readonly number[], dtype: DType = "float32") =>
    fromNumbers(dtype, dims, weights);

  it("weighs the elements of a class, and the weights add up to 1", () => {
    expect(numbers({ mask: mask([1, 2], [1, 3]), class: 1 }, ["N", 2, 1, 2])).toEqual([
      0, 0, 0.25, 0.75,
    ]);
    for (const dtype of ["uint8", "bool", "int64", "float64"] as const) {
      const chosen = { mask: mask([2, 2], [1, 0, 0, 1], dtype), class: 0 };
      expect(numbers(chosen, ["N", 2, 2, 2])).toEqual([0.5, 0, 0, 0.5, 0, 0, 0, 0]);
    }
    const volume = { mask: mask([2, 1, 2], [0, 0, 5, 0]), class: 0 };
    expect(numbers(volume, ["N", 1, 2, 1, 2])).toEqual([0, 0, 1, 0]);
  });

  it("needs no class where there is one channel, or none", () => {
    expect(numbers({ mask: mask([2, 2], [0, 0, 0, 9]) }, ["N", 1, 2, 2])).toEqual([0, 0, 0, 1]);
    expect(numbers({ mask: mask([2, 2], [0, 0, 0, 9]) }, ["N", 2, 2])).toEqual([0, 0, 0, 1]);
  });

  it.each<[MaskTarget, RegExp]>([
    [
      { mask: mask([2, 2], [1, 1, 1, 1]), class: 0 },
      /the mask is \[2,2\], but the output has \[2,3\] for it/,
    ],
    [{ mask: mask([2, 3], [0, 0, 0, 0, 0, 0]), class: 0 }, /it is 0 everywhere/],
    [{ mask: mask([2, 3], [1, -1, 0, 0, 0, 0]), class: 0 }, /it holds -1; weights are 0 or more/],
    [{ mask: mask([2, 3], [1, NaN, 0, 0, 0, 0]), class: 0 }, /it holds NaN/],
    [
      { mask: mask([2, 3], [1, 1, 1, 1, 1, 1]), class: 4 },
      /mask@4 does not fit.*classes are 0 to 3/,
    ],
    [{ mask: mask([2, 3], [1, 1, 1, 1, 1, 1]) }, /name the class, @0 to @3/],
  ])("that does not fit is refused", (target, reason) => {
    expect(() => resolveTarget(port(["N", 4, 2, 3]), target, 1)).toThrow(TargetError);
    expect(() => resolveTarget(port(["N", 4, 2, 3]), target, 1)).toThrow(reason);
  });
});

describe("what speaks against", () => {
  const against = (words: string, shape: Shape): number[] =>
    Array.from(toNumbers((resolveTarget(port(shape), words, 1) as { seed: Tensor }).seed));

  it("a target is the opposite number", () => {
    expect(against("against", ["N", 1])).toEqual([-1]);
    expect(against("against", ["N"])).toEqual([-1]);
    expect(against("against:2", ["N", 3])).toEqual([0, 0, -1]);
    expect(against("against:1@0", ["N", 2, 2])).toEqual([0, 0, -1, 0]);
  });

  it("what, must be said where there is more than one number", () => {
    expect(() => against("against", ["N", 3])).toThrow(
      /needs the target that it argues against: write against:CLASS/,
    );
    expect(() => against("against:top", ["N", 3])).toThrow(/write against:CLASS/);
    expect(() => against("against", ["N", 3, 2])).toThrow(/write against:TARGET/);
    expect(() => against("against:3", ["N", 3])).toThrow(/class 3 does not exist/);
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
    expect(targetWords(port(["N"]))).toBe("top, 0 or against");
    expect(targetWords(port(["N", 5, 4]))).toBe("box:i,class:j or i,j");
    expect(targetWords(port(["N", 5, 4, 3, 2]))).toBe(
      "class@x,y,z, class@x0,y0,z0,x1,y1,z1, class@ or i,j,k,l",
    );
  });
});
