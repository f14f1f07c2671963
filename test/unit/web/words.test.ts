import { expect, test } from "vitest";
import { parseAddress, formatAddress } from "../../../web/keep/address.js";
import { plainName, plainNames } from "../../../web/words/layer-names.js";
import { matchClasses } from "../../../web/words/match-classes.js";
import { inPageWords } from "../../../web/words/page-words.js";

test("a layer has the name that its module has in PyTorch", () => {
  expect(plainName("/_blocks.15/_project_conv/Conv", "Conv")).toBe("block 15, project conv");
  expect(plainName("/layer1/layer1.0/conv1/Conv", "Conv")).toBe("layer1.0, conv1");
  expect(plainName("/features/features.0/features.0.1/Mul_2", "Sigmoid+Mul")).toBe("features.0.1");
  expect(plainName("node_conv2d_3", "Conv")).toBe("node conv2d 3");
  expect(plainName("Conv", "Conv")).toBe("Conv");
});

test("two layers never have one name", () => {
  const nodes = ["/act/Mul", "/act/Mul_1"].map((name) => ({ name, op: "Mul" }));
  expect(plainNames(nodes)).toEqual(["act", "act (2)"]);
});

test("a message names the page's controls instead of options", () => {
  expect(inPageWords("its size must be fixed (option size)")).toBe(
    "its size must be fixed (“Input size” in the settings)",
  );
  expect(inPageWords("explain its input instead (option output: /fc/Gemm)")).toBe(
    "explain its input instead (“/fc/Gemm” as “Output” in the settings)",
  );
  expect(inPageWords("give a value (option feeds: sr)")).toBe(
    "give a value (“Value of sr” in the settings)",
  );
  expect(inPageWords("target horse: no label of imagenet contains it")).toBe(
    "“horse”: no label of imagenet contains it",
  );
});

test("classes are found by the beginning of a word before its middle", () => {
  const classes = ["concatenate", "tiger cat", "catfish"].map((name, index) => ({ index, name }));
  expect(matchClasses(classes, "cat").map(({ name }) => name)).toEqual([
    "catfish",
    "tiger cat",
    "concatenate",
  ]);
});

test("choices survive the address", () => {
  const choices = { picture: "chelsea.png", target: 285, versus: 282, method: "grad-cam" };
  expect(parseAddress(formatAddress(choices))).toEqual(choices);
  expect(parseAddress("#class=3@1,2&vs=x")).toEqual({ target: "3@1,2" });
  expect(parseAddress("#%%%")).toEqual({});
});
