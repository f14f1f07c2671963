import { expect, test } from "vitest";
import { didYouMean } from "../../../src/files/nearest-names.js";
import { methods } from "../../../src/methods/all.js";

const names = methods.map(({ name }) => name);

test.each([
  ["gradcam", "grad-cam"],
  ["GradCAM", "grad-cam"],
  ["Grad-CAM++x", "grad-cam"],
  ["fulgrad", "fullgrad"],
  ["fullgrda", "fullgrad"],
  ["smoth", "smoothgrad"],
  ["integrated_gradients", "integrated-gradients"],
  ["deeplift", "deep-lift"],
  ["layer-cma", "layer-cam"],
])("of the methods, %s resembles %s", (typed, meant) => {
  expect(didYouMean(typed, names)).toContain(`"${meant}"`);
});

test.each(["resnet", "x", "", "+++", "0"])("of the methods, nothing resembles %j", (typed) => {
  expect(didYouMean(typed, names)).toBe("");
});

test("a node is found by the last part of its path, and the nearest names come first", () => {
  const nodes = ["/layer1/conv/Conv", "/layer1/relu/Relu", "/layer4/relu_1/Relu"];
  expect(didYouMean("layer4.relu_1", nodes)).toBe(' (did you mean "/layer4/relu_1/Relu"?)');
  expect(didYouMean("rleu", nodes)).toBe(
    ' (did you mean "/layer1/relu/Relu" or "/layer4/relu_1/Relu"?)',
  );
  expect(didYouMean("logit", ["logits", "boxes"])).toBe(' (did you mean "logits"?)');
});

test("labels of other scripts are compared too, and a name may be as long as a file", () => {
  expect(didYouMean("katez", ["Katze", "Hund"])).toBe(' (did you mean "Katze"?)');
  expect(didYouMean("三毛描", ["三毛猫", "犬"])).toBe(' (did you mean "三毛猫"?)');
  expect(didYouMean("y".repeat(1e6), ["y".repeat(1e6 + 1)])).toBe("");
});
