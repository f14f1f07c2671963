import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canBrowse, openScript, type ScriptPage } from "../support/browser.js";
import { relativeL2 } from "../support/compare.js";
import { golden, goldenTensor } from "../support/networks.js";

type Script = typeof import("./browser-page.js");

const script = fileURLToPath(new URL("browser-page.ts", import.meta.url));

const engines = [
  ["tfjs", "webgl"],
  ["tfjs", "webgpu"],
  ["ort", "webgpu"],
] as const;

/** Small networks, because the tests run on software drivers. */
const networks = ["resnet18", "mobilenet-v2"];

describe.skipIf(!canBrowse()).each(engines)("in Chromium, %s on %s", (backend, provider) => {
  let page: ScriptPage<Script>;
  beforeAll(async () => {
    page = await openScript<Script>(script, { graphics: provider });
  });
  afterAll(() => page.close());

  test.each(networks)("has PyTorch's scores and map for %s", async (name) => {
    const { target, output } = golden(name);
    const { scores, map } = await page.call(
      "explainArray",
      `/fixtures/networks/${name}.legacy.onnx`,
      `/fixtures/networks/${name}/input.npy`,
      target,
      { backend, provider },
    );
    scores.forEach((score, n) => {
      expect(score).toBeCloseTo(output[n]!, 4);
    });
    expect(relativeL2(map, goldenTensor(name, "map_units.npy"))).toBeLessThan(1e-3);
  });
});
