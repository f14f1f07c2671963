import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { load } from "../../src/model/load.js";
import type { Model } from "../../src/model/model.js";
import { decodeModel } from "../../src/onnx/file/decode.js";
import { encodeModel } from "../../src/onnx/file/encode.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import { float32, toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { relativeL2 } from "../support/compare.js";
import { convert } from "../support/converted.js";
import { withChannelsLast } from "../support/channels-last.js";

const at = (path: string): string =>
  fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const array = (name: string): Tensor => decodeNpy(readFileSync(at(`cases/${name}`)), name);

/** File, layout, the map's extents and the target: the rest is PyTorch's, in float64. */
const cases: [string, string, readonly number[], string?][] = [
  ["float_nhwc.legacy", "NHWC", [1, 1, 16, 20]],
  ["nhwc", "NHWC", [1, 1, 64, 64]],
  ["uint8_nhwc.legacy", "NHWC", [1, 1, 16, 16]],
  ["uint8_nchw", "NCHW", [1, 1, 64, 64]],
  ["u8", "NHWC", [2, 1, 10, 12]],
  ["spec3.legacy", "NFT", [1, 1, 20, 30]],
  ["mil.legacy", "PCHW", [1, 1, 5, 10, 10]],
  ["bagn", "PCHW", [1, 1, 5, 10, 10]],
  ["nobatch", "CHW", [1, 1, 64, 64]],
  ["ms13.hand", "NCHW", [2, 1, 24, 24]],
  ["video", "NTCHW", [2, 1, 4, 10, 12]],
  ["vol", "NCDHW", [1, 1, 5, 6, 7]],
  ["nlc", "NLC", [3, 1, 30]],
  ["tok", "NLC", [2, 1, 9]],
  ["raw", "NL", [2, 1, 200]],
  ["patch", "NCHW", [1, 1, 16, 16]],
  ["ctc", "NCHW", [1, 1, 6, 20], "7,0,2"],
  ["f16", "NCHW", [1, 1, 10, 12]],
  ["f64", "NCHW", [1, 1, 10, 12]],
];

describe.each(cases)("%s", (name, layout, extents, target = "top") => {
  const short = name.replace(/\..*/, "");
  const x = array(`${short}.x.npy`);
  const opened = load(at(`cases/${name}.onnx`));

  test(`is ${layout}, and its gradient is PyTorch's`, async () => {
    const model = await opened;
    expect(model.inspect().explainable).toBe(true);
    expect(model.imageAxes?.layout).toBe(layout);
    const { inputGradient, samples } = await model.fullGradient(x, { target });
    expect(inputGradient.dims).toEqual(x.dims);
    expect(relativeL2(inputGradient, array(`${short}.ref.npy`))).toBeLessThan(1e-6);
    for (const { completeness } of samples) expect(completeness.conditioned).toBeLessThan(1e-6);
  });

  test.each(["fullgrad", "gradient", "grad-cam", "integrated-gradients", "occlusion", "rise"])(
    `has a map over its own axes by %s`,
    async (method) => {
      const few = { rise: { masks: 4 }, "integrated-gradients": { steps: 4 } }[method] ?? {};
      const model = await opened;
      const { map, attribution } = await model.explain(x, { method, target, ...few });
      expect(map.dims).toEqual(extents);
      if (attribution) expect(attribution.dims).toEqual(x.dims);
    },
  );

  // How many patches there are must be known when a file is made.
  test.skipIf(name === "bagn")(
    "has the same map in the converted file, whose input is its own",
    async () => {
      const model = await opened;
      const file = convert(model, { target, ...(name === "u8" ? { size: [10, 12] } : {}) });
      const { input } = model.inspect();
      expect(file.graph.inputs[0]!.name).toBe(input!.name);
      const isFloat = x.dtype.startsWith("float");
      const fed = isFloat ? float32(x.dims, Float32Array.from(toNumbers(x))) : x;
      const results = await file.run(new Map([[input!.name, fed]]));
      const { map } = await model.explain(x, { target });
      expect(relativeL2(results.get("saliency")!, map)).toBeLessThan(1e-5);
    },
  );
});

describe("a vector", () => {
  test("has an attribution, which is gradient times input, and no spatial axis", async () => {
    const model = await load(at("cases/mlp.onnx"));
    const x = array("mlp.x.npy");
    const { map, attribution, completeness } = await model.explain(x);
    expect(model.imageAxes).toMatchObject({ layout: "NC", spatial: [] });
    expect(map.dims).toEqual([3, 1]);
    const [numbers, gradient] = [toNumbers(x), toNumbers(array("mlp.ref.npy"))];
    const product = Float32Array.from(numbers, (v, i) => v * gradient[i]!);
    expect(relativeL2(attribution!, float32(x.dims, product))).toBeLessThan(1e-6);
    expect(completeness.conditioned).toBeLessThan(1e-6);
    await expect(model.explain(x, { method: "rise" })).rejects.toThrow(/no spatial axes/);
  });
});

describe("where no layer determines the meaning of the axes", () => {
  const x = array("flat3.x.npy");

  test("a map asks for the layout; a decomposition needs none", async () => {
    const model = await load(at("cases/flat3.onnx"));
    expect(model.inspect()).toMatchObject({ explainable: true });
    expect(model.inspect().undecided).toBe("no layer determines the meaning of its axes");
    await expect(model.explain(x)).rejects.toThrow(/--layout.*option layout/);
    const { inputGradient } = await model.fullGradient(x);
    expect(relativeL2(inputGradient, array("flat3.ref.npy"))).toBeLessThan(1e-6);
  });

  test.each([
    ["NCL", [2, 1, 8]],
    ["NLC", [2, 1, 6]],
    ["NHW", [2, 1, 6, 8]],
    ["nft", [2, 1, 6, 8]],
  ])("the layout %s gives its map", async (layout, extents) => {
    const model = await load(at("cases/flat3.onnx"), { layout });
    expect((await model.explain(x)).map.dims).toEqual(extents);
  });

  test.each([
    ["NCHW", /4 letters for the 3 axes of \[N,6,8\]/],
    ["NCQ", /unknown letter Q/],
    ["NCC", /C occurs twice/],
  ])("the layout %s is refused", async (layout, message) => {
    const model = await load(at("cases/flat3.onnx"), { layout });
    expect(() => model.inspect()).toThrow(message);
  });
});

describe("a batch", () => {
  test("of a fixed size whose samples lie on another axis of the output is refused by that name", async () => {
    const { explainable, unsupported } = (await load(at("cases/ctc4.onnx"))).inspect();
    expect(explainable).toBe(false);
    expect(unsupported[0]!.reason).toMatch(
      /the first axis of "y" \[20,4,4\] is not the samples of "x": the model takes 4 at once/,
    );
  });

  test("of any size whose samples lie on another axis of the output is one sample at a time", async () => {
    const model = await load(at("cases/ctc.onnx"));
    const two = float32(
      [2, 1, 6, 20],
      Float32Array.from({ length: 240 }, (_, i) => Math.sin(i)),
    );
    const { map } = await model.explain(two, { target: "7,0,2" });
    const { map: second } = await model.explain(
      float32([1, 1, 6, 20], Float32Array.from(toNumbers(two)).slice(120)),
      { target: "7,0,2" },
    );
    expect(Array.from(toNumbers(map)).slice(120)).toEqual(Array.from(toNumbers(second)));
  });

  test("of a model without an axis for it lies on one in front", async () => {
    const model = await load(at("cases/nobatch.onnx"));
    const x = array("nobatch.x.npy");
    const twice = Float32Array.of(...Array.from(toNumbers(x)), ...Array.from(toNumbers(x)));
    const { map } = await model.explain(float32([2, ...x.dims], twice));
    expect(map.dims).toEqual([2, 1, 64, 64]);
    const one = Array.from(toNumbers((await model.explain(x)).map));
    expect(Array.from(toNumbers(map))).toEqual([...one, ...one]);
  });
});

describe("a cat with its channels last", () => {
  const path = at("efficientnet-lite0/efficientnet-lite0.onnx");

  async function both(): Promise<readonly [Model, Model]> {
    const first = await load(path);
    const bytes = encodeModel(withChannelsLast(decodeModel(readFileSync(path))));
    return [first, await load(bytes)];
  }

  test.each(["fullgrad", "gradient", "grad-cam"])(
    "has the map of the one with its channels first, bit for bit, by %s",
    async (method) => {
      const [first, last] = await both();
      expect(last.imageAxes).toMatchObject({ layout: "NHWC", spatial: [1, 2] });
      const maps: ArrayLike<number>[] = [];
      for (const model of [first, last]) {
        const x = await model.preprocess(at("images/chelsea.png"), "imagenet");
        maps.push(toNumbers((await model.explain(x, { method })).map));
      }
      expect(maps[1]).toEqual(maps[0]);
      await Promise.all([first.dispose(), last.dispose()]);
    },
  );
});
