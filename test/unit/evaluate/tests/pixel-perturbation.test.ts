import { expect, test } from "vitest";
import { pixelPerturbation } from "../../../../src/evaluate/tests/pixel-perturbation.js";
import { judge, linear, makerOf, networkOf, picture } from "../../../support/evaluation.js";

/** 1 … 16: f is their sum, 136. */
const sixteen = Array.from({ length: 16 }, (_, i) => i + 1);
const sum = linear(Array<number>(16).fill(1));
const subject = picture([4, 4], sixteen);

/** Fractions of 0, 1, 2 and 16 pixels. */
const fractions = [0, 1 / 16, 2 / 16, 1];

async function outputChange(
  map: readonly number[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<readonly (number | null)[]> {
  const { values } = await judge(pixelPerturbation, {
    ...{ network: sum, subject, maker: makerOf(map) },
    settings: { fractions, ...settings },
  });
  return values["output-change"]!;
}

function expectAll(found: readonly (number | null)[], wanted: readonly number[]) {
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 6);
  });
  expect(found).toHaveLength(wanted.length);
}

test("removing the least salient pixels of a sum takes away just these", async () => {
  expectAll(await outputChange(sixteen), [0, 1 / 136, 3 / 136, 1]);
  expectAll(await outputChange(sixteen.toReversed()), [0, 16 / 136, 31 / 136, 1]);
});

test("removing the most salient pixels of a sum takes away just these", async () => {
  expectAll(await outputChange(sixteen, { remove: "most" }), [0, 16 / 136, 31 / 136, 1]);
});

test("pixels of equal saliency go as they lie, or in an order that the seed fixes", async () => {
  const flat = Array<number>(16).fill(0.5);
  expectAll(await outputChange(flat), [0, 1 / 136, 3 / 136, 1]);
  expectAll(await outputChange(flat, { remove: "most" }), [0, 1 / 136, 3 / 136, 1]);
  const once = await outputChange(flat, { ties: "random" });
  expect(once).toEqual(await outputChange(flat, { ties: "random" }));
  expect(once[2]).not.toBeCloseTo(3 / 136, 6);
});

test("a negative saliency is large by its absolute value and small as it is", async () => {
  const map = sixteen.map((v) => (v === 16 ? -100 : v));
  expectAll((await outputChange(map)).slice(1, 2), [1 / 136]);
  expectAll((await outputChange(map, { rank: "signed" })).slice(1, 2), [16 / 136]);
});

test("fills are colours of the picture, whatever the preprocessing", async () => {
  // white: byte 255
  expectAll(await outputChange(sixteen, { fill: "white" }), [
    0,
    254 / 136,
    (254 + 253) / 136,
    (16 * 255 - 136) / 136,
  ]);
  // the mean, 8.5
  expectAll(await outputChange(sixteen, { fill: "mean" }), [0, 7.5 / 136, 14 / 136, 0]);
  // #0a0a0a: byte 10
  expectAll(await outputChange(sixteen, { fill: "#0a0a0a" }), [
    0,
    9 / 136,
    17 / 136,
    (160 - 136) / 136,
  ]);
});

test("black is what the preprocessing makes of byte 0, and the data set's mean is 0", async () => {
  const normalized = {
    ...subject,
    preprocessing: { ...subject.preprocessing, rescale: 1 / 255, mean: [0.5], std: [0.25] },
  };
  // The last pixel goes: 16 becomes (0 − 0.5) / 0.25 = −2, or 0.
  const asked = { network: sum, subject: normalized, maker: makerOf(sixteen.toReversed()) };
  const changeWith = async (fill: string): Promise<readonly (number | null)[]> => {
    const settings = { fractions: [1 / 16], fill };
    return (await judge(pixelPerturbation, { ...asked, settings })).values["output-change"]!;
  };
  expectAll(await changeWith("black"), [18 / 136]);
  expectAll(await changeWith("dataset-mean"), [16 / 136]);
});

test("the blur of a flat picture is the picture", async () => {
  const { values } = await judge(pixelPerturbation, {
    network: sum,
    subject: picture([4, 4], Array<number>(16).fill(3)),
    maker: makerOf(sixteen),
    settings: { fractions: [1], fill: "blur:0.3" },
  });
  expectAll(values["output-change"]!, [0]);
});

test("the change of the probability is that of the softmax", async () => {
  const network = networkOf((x) => [x[0]!, 0]);
  const { values, probability } = await judge(pixelPerturbation, {
    ...{ network, link: "softmax" },
    subject: picture([1, 2], [Math.log(3), 5]),
    maker: makerOf([0, 1]),
    settings: { fractions: [0.5] },
  });
  expect(probability).toBeCloseTo(3 / 4, 6);
  expectAll(values["probability-change"]!, [1 / 3]);
  expectAll(values["output-change"]!, [1]);
});

test("a pixel removed by linear imputation is the weighted mean of its neighbours", async () => {
  // Of a plane the middle is this mean; the last corner, 16, has the neighbours 12, 15 (1/6 each) and 11 (1/12).
  const inner = sixteen.map((_, i) => (i === 5 ? 0 : 1));
  const corner = sixteen.map((_, i) => (i === 15 ? 0 : 1));
  const linearly = { fill: "linear", fractions: [1 / 16] };
  expectAll(await outputChange(inner, linearly), [0]);
  const mean = (12 / 6 + 15 / 6 + 11 / 12) / (1 / 6 + 1 / 6 + 1 / 12);
  expectAll(await outputChange(corner, linearly), [(16 - mean) / 136]);
});

test("several removals and fills are the measures of each of them alone", async () => {
  let made = 0;
  const maker = makerOf(() => {
    made++;
    return sixteen;
  });
  const settings = { fractions, remove: "least,most", fill: "mean,blur:0.3,linear,#0A0a0a" };
  const { values } = await judge(pixelPerturbation, { network: sum, subject, maker, settings });
  expect(made).toBe(1);
  expect(Object.keys(values)).toEqual(
    pixelPerturbation.measures(settings).map((measure) => measure.name),
  );
  for (const [name, fill] of [
    ["least.mean", "mean"],
    ["least.blur-0.3", "blur:0.3"],
    ["most.linear", "linear"],
    ["most.0A0a0a", "#0a0a0a"],
  ] as const) {
    const remove = name.split(".")[0]!;
    expect(values[`${name}.output-change`]).toEqual(await outputChange(sixteen, { remove, fill }));
  }
});

test("with the least salient removed a smaller change is better, with the most salient a larger one", () => {
  const measures = pixelPerturbation.measures({ remove: "least,most", fill: "black" });
  expect(measures.map(({ name, better }) => [name, better])).toEqual([
    ["least.black.output-change", "lower"],
    ["least.black.probability-change", "lower"],
    ["most.black.output-change", "higher"],
    ["most.black.probability-change", "higher"],
  ]);
});

test("a list of fills is read word by word, and a single one stays as it is", () => {
  const { fill, remove } = pixelPerturbation.settings;
  expect(fill!.read("black")).toBe("black");
  expect(fill!.read("black,linear,black")).toBe("black,linear");
  expect(remove!.read("most,least")).toBe("most,least");
  for (const wrong of ["", "black,", "grey,black", "black mean"]) {
    expect(fill!.read(wrong)).toBeUndefined();
  }
});

test("linear imputation has no neighbours in time or depth, and says so", async () => {
  const volume = { ...subject, x: { ...subject.x, dims: [1, 1, 2, 2, 4] } };
  const asked = { network: sum, subject: volume, maker: makerOf(sixteen) };
  await expect(
    judge(pixelPerturbation, { ...asked, settings: { fill: "linear" } }),
  ).rejects.toThrow(/this test compares neighbours in a plane.*with any fill but linear/);
});

test("an output of 0 has no relative change, and that is no number", async () => {
  const { values } = await judge(pixelPerturbation, {
    network: linear([0, 0]),
    subject: picture([1, 2], [1, 2]),
    maker: makerOf([0, 1]),
    settings: { fractions: [0.5] },
  });
  expect(values["output-change"]).toEqual([null]);
});

test("a map with a number that is not finite is an error with its name", async () => {
  await expect(outputChange([NaN, ...sixteen.slice(1)])).rejects.toThrow(/the map contains NaN/);
});
