import { expect, test } from "vitest";
import { load, TargetError, UnsupportedModelError } from "../../src/index.js";
import { float32, toNumbers } from "../../src/tensor/tensor.js";
import { formPath, formTensor } from "../support/forms.js";
import { relativeL2 } from "../support/compare.js";

const file = (form: string): string => formPath(form, `../${form}.legacy.onnx`);

test("a target in words is the seed that it stands for", async () => {
  const model = await load(file("segmentation"));
  const x = formTensor("segmentation", "input.npy");
  const words = await model.explain(x, { target: "1@3,2,9,8" });
  const data = new Float32Array(4 * 16 * 20);
  for (let row = 2; row < 8; row++) {
    for (let column = 3; column < 9; column++) data[(16 + row) * 20 + column] = 1 / 36;
  }
  const seed = await model.explain(x, { target: { seed: float32([1, 4, 16, 20], data) } });
  await model.dispose();
  expect(words.target).toBe("1@3,2,9,8");
  expect(seed.target).toBe("seed");
  expect(seed.score).toBeCloseTo(words.score, 6);
  expect(relativeL2(seed.map, words.map)).toBeLessThan(1e-6);
});

test("an output of another shape names the targets that it has, and the other outputs", async () => {
  const model = await load(file("several-outputs"), { output: "features" });
  const x = formTensor("several-outputs", "input.npy");
  const refusal = expect(model.explain(x)).rejects;
  await refusal.toThrow(TargetError);
  await refusal.toThrow(/class@x,y.*would work; .*"logits" \[batch,5\], "aux" \[batch,3\]/);
  await model.dispose();
});

test("an output that is a class by number says what can be explained instead", async () => {
  const model = await load(file("several-outputs"), { output: "class" });
  const x = formTensor("several-outputs", "input.npy");
  const error: unknown = await model.explain(x).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UnsupportedModelError);
  const { holes, instead } = error as UnsupportedModelError;
  expect(holes).toMatchObject([{ op: "ArgMax" }]);
  expect(instead).toMatchObject([{ name: "logits", targets: "top or a class from 0 to 4" }]);
  // To run it is another matter.
  const classes = await model.predict(x);
  await model.dispose();
  const logits = Array.from(toNumbers(formTensor("several-outputs", "logits.npy")));
  const best = [0, 5].map((at) => {
    const row = logits.slice(at, at + 5);
    return row.indexOf(Math.max(...row));
  });
  expect(Array.from(toNumbers(classes))).toEqual(best);
});

test("a value inside the model is an output by its name", async () => {
  const plain = await load(file("softmax-head"), { output: "logits" });
  const { output } = plain.inspect();
  const named = await load(file("softmax-head"), { output: output!.name });
  const x = formTensor("softmax-head", "input.npy");
  expect(relativeL2(await named.predict(x), formTensor("softmax-head", "logits.npy"))).toBeLessThan(
    1e-6,
  );
  await Promise.all([plain.dispose(), named.dispose()]);
  const wrong = await load(file("softmax-head"), { output: "nowhere" });
  await expect(wrong.explain(x)).rejects.toThrow(
    /no output "nowhere"; the model has "probabilities"/,
  );
});

test("one value of another input stands for all samples", async () => {
  const model = await load(file("two-inputs"));
  const x = formTensor("two-inputs", "input.npy");
  const gain = formTensor("two-inputs", "gain.npy");
  const row = float32([1, 4], [0.1, 0.2, 0.3, 0.4]);
  const both = float32([2, 4], [0.1, 0.2, 0.3, 0.4, 0.1, 0.2, 0.3, 0.4]);
  const [one, two] = [
    await model.explain(x, { target: 1, feeds: { side: row, gain } }),
    await model.explain(x, { target: 1, feeds: { side: both, gain } }),
  ];
  expect(one.map).toEqual(two.map);
  const three = float32([3, 4], new Float32Array(12));
  await expect(model.verify(x, { feeds: { side: three, gain } })).rejects.toThrow(
    /3 rows for 2 samples/,
  );
  await expect(model.verify(x)).rejects.toThrow(
    /input "side" \[batch,4\] needs a value beside "image"/,
  );
  await expect(model.verify(x, { feeds: { nope: row } })).rejects.toThrow(/no other input "nope"/);
  await model.dispose();
});
