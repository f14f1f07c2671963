import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/index.js";
import { canBrowse, openScript, type Graphics, type ScriptPage } from "../support/browser.js";
import { relativeL2 } from "../support/compare.js";
import { golden, goldenTensor } from "../support/networks.js";
import { efficientNet, fixture } from "./cli-harness.js";

type Script = typeof import("./browser-page.js");

const script = fileURLToPath(new URL("browser-page.ts", import.meta.url));
const chelsea = fixture("images", "chelsea.png");

/** As the page's server has it. */
const url = (path: string): string => path.replace(fixture(), "/fixtures");

const wasmPaths = "/tfjs-wasm/";

/** Opens the page before the tests of a block, in a Chromium with these graphics. */
function page(graphics: Graphics): () => ScriptPage<Script> {
  let opened: ScriptPage<Script>;
  beforeAll(async () => {
    opened = await openScript<Script>(script, { graphics });
  });
  afterAll(() => opened.close());
  return () => opened;
}

describe.skipIf(!canBrowse())("in Chromium, tfjs", () => {
  describe("on wasm", () => {
    const opened = page("none");

    test("explains the cat as ONNX Runtime does in Node", async () => {
      const options = { backend: "tfjs", wasmPaths } as const;
      const there = await opened().call("explain", url(efficientNet), url(chelsea), options);
      const here = await load(efficientNet);
      const { target, score, map } = await here.explain(await here.preprocess(chelsea));
      await here.dispose();
      expect(there.target).toBe(target);
      expect([281, 282, 285]).toContain(target);
      expect(there.score).toBeCloseTo(score, 4);
      expect(there.conditioned).toBeLessThan(1e-6);
      expect(relativeL2(there.map, map)).toBeLessThan(1e-3);
    });

    test("holds no more tensors after 20 explanations, and none when the model is gone", async () => {
      const [first, last, none] = await opened().call(
        ...(["countTensors", url(efficientNet), url(chelsea), 20, { wasmPaths }] as const),
      );
      expect(first).toBeGreaterThan(50);
      expect(last).toBe(first);
      expect(none).toBe(0);
    });
  });

  // Small ones: the drivers of these tests are software.
  describe.each(["webgl", "webgpu"] as const)("on %s", (provider) => {
    const opened = page(provider);

    test.each(["resnet18", "mobilenet-v2", "tiny-silu"])(
      "has PyTorch's scores and map for %s",
      async (name) => {
        const { target, output } = golden(name);
        const { scores, map } = await opened().call(
          "explainArray",
          `/fixtures/networks/${name}.legacy.onnx`,
          `/fixtures/networks/${name}/input.npy`,
          target,
          { backend: "tfjs", provider },
        );
        scores.forEach((score, n) => {
          expect(score).toBeCloseTo(output[n]!, 4);
        });
        expect(relativeL2(map, goldenTensor(name, "map_units.npy"))).toBeLessThan(1e-3);
      },
    );
  });
});
