import { describe, expect, it, test } from "vitest";
import { labelOf, nameOfClass } from "../../../src/target/format.js";
import { parseTarget } from "../../../src/target/parse.js";

describe("a target's words", () => {
  it.each([
    ["top", { kind: "top" }],
    ["top5", { kind: "top5" }],
    ["input", { kind: "input" }],
    ["282", { kind: "class", class: 282 }],
    ["tiger cat", { kind: "label" }],
    ["top hat", { kind: "label" }],
    ["hen, 2", { kind: "label" }],
    ["-1", { kind: "label" }],
    ["3,1,4", { kind: "element", index: [3, 1, 4] }],
    ["3, 1", { kind: "element", index: [3, 1] }],
    ["8@", { kind: "region", class: 8, positions: [] }],
    ["8@10,12", { kind: "region", class: 8, positions: [10, 12] }],
    ["8@10,,3", { kind: "region", class: 8, positions: [10, NaN, 3] }],
    ["8@x", { kind: "malformed" }],
    ["box:5,class:2", { kind: "box", box: 5, class: 2 }],
    ["box:5", { kind: "malformed" }],
    ["mask:a@b.png@8", { kind: "mask", path: "a@b.png", class: 8 }],
    ["mask:lesion.npy", { kind: "mask", path: "lesion.npy" }],
    ["mask:lesion.npy@", { kind: "malformed" }],
    ["mask:@8", { kind: "malformed" }],
    ["against", { kind: "against" }],
  ])("%s", (text, tree) => {
    expect(parseTarget(text)).toEqual({ ...tree, text });
  });

  it("nest behind against:", () => {
    expect(parseTarget("against:against:8@1,2")).toMatchObject({
      kind: "against",
      of: { kind: "against", of: { kind: "region", class: 8, positions: [1, 2], text: "8@1,2" } },
    });
  });
});

describe("a target in results", () => {
  const labels = { names: new Map([[8, "hen"]]) };

  it.each([8, "8", "8@", "8@1,2", "box:3,class:8", "mask:a@b.png@8", "against:8", "against:8@1,2"])(
    "%s has the label of its class",
    (target) => {
      expect(labelOf(target, labels)).toBe("hen");
    },
  );

  it.each([-1, "8,1", "against", "seed", "mask:8"])("%s has none", (target) => {
    expect(labelOf(target, labels)).toBeNull();
  });

  it("is named by its number and label, or by its words", () => {
    expect(nameOfClass({ target: 8, label: "hen" })).toBe("8 hen");
    expect(nameOfClass({ target: 8, label: null })).toBe("class 8");
    expect(nameOfClass({ target: "8@1,2", label: null })).toBe("8@1,2");
    expect(nameOfClass({ target: "against", label: null }, 1)).toBe("against the output");
  });
});

test.each([
  ["detections", { threshold: 0.5, overlap: 0.45, logits: false }],
  ["detections:0.3", { threshold: 0.3, overlap: 0.45, logits: false }],
  ["detections:0.3,overlap=0.7", { threshold: 0.3, overlap: 0.7, logits: false }],
  ["detections:0.3,overlap=1,logits", { threshold: 0.3, overlap: 1, logits: true }],
  ["detections:0,logits", { threshold: 0, overlap: 0.45, logits: true }],
])("%s", (text, asked) => {
  expect(parseTarget(text)).toEqual({ kind: "detections", text, ...asked });
});

test.each([
  "detections:2",
  "detections:half",
  "detections:0.5,iou=0.4",
  "detections:0.5,overlap=3",
])("%s is malformed", (text) => {
  expect(parseTarget(text)).toEqual({ kind: "malformed", text });
});
