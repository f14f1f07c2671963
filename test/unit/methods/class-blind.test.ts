import { beforeAll, afterAll, expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { load, type Model } from "../../../src/index.js";
import { toNumbers } from "../../../src/tensor/tensor.js";
import { goldenTensor } from "../../support/networks.js";

let model: Model;
const x = goldenTensor("tiny-relu", "input.npy");

beforeAll(async () => {
  const path = new URL("../../../fixtures/networks/tiny-relu.dynamo.onnx", import.meta.url);
  model = await load(readFileSync(path), { threads: 1 });
});
afterAll(() => model.dispose());

async function mapBy(method: string, settings: Record<string, unknown>): Promise<number[]> {
  const { map } = await model.explain(x, { method, ...settings });
  return Array.from(toNumbers(map));
}

test("smooth noise with a cell for each pixel is noise", async () => {
  const [, , height] = x.dims;
  expect(await mapBy("smooth-random", { cells: height, seed: 3 })).toEqual(
    await mapBy("random", { seed: 3 }),
  );
});

test("smooth noise is a straight line between the centres of its cells", async () => {
  const [, , , width = 0] = x.dims;
  const map = await mapBy("smooth-random", { cells: 2, seed: 5 });
  const row = map.slice(0, width);
  // Flat up to the first centre, a quarter of the width, and behind the second.
  expect(new Set(row.slice(0, width / 4)).size).toBe(1);
  const slopes = row.map((v, i) => v - row[i - 1]!).slice(width / 4 + 1, (3 * width) / 4);
  for (const slope of slopes) expect(slope).toBeCloseTo(slopes[0]!, 6);
  expect(Math.abs(slopes[0]!)).toBeGreaterThan(0.01);
});
