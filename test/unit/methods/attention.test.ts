import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../../src/index.js";
import { UsageError } from "../../../src/errors.js";
import { sliceBatch } from "../../../src/tensor/batches.js";
import { relativeL2 } from "../../support/compare.js";
import { expectedOf, methodTensor, transformerCases } from "../../support/method-cases.js";
import { exporters, goldenTensor } from "../../support/networks.js";

const file = (path: string): URL => new URL(`../../../fixtures/${path}`, import.meta.url);
const networks = [...new Set(transformerCases.map((c) => c.network))];

describe.each(networks.flatMap((name) => exporters.map((e) => [name, e] as const)))(
  "%s by the %s exporter",
  (network, exporter) => {
    const model = load(readFileSync(file(`methods/${network}.${exporter}.onnx`)), { threads: 1 });
    const x = methodTensor(`${network}/input.npy`);
    afterAll(async () => (await model).dispose());

    test.each(
      transformerCases
        .filter((c) => c.network === network)
        .map((c) => [c.method, JSON.stringify(c.settings), c.by, c] as const),
    )("%s with %s agrees with %s", async (method, _, _by, c) => {
      const first = sliceBatch(x, [0]);
      const { map } = await (
        await model
      ).explain(first, { method, target: c.target, ...c.settings });
      expect(relativeL2(map, expectedOf(c))).toBeLessThan(1e-5);
    });

    test.each(["legrad", "attention-rollout"])(
      "%s of a batch is that of its images",
      async (method) => {
        const { map } = await (await model).explain(x, { method });
        for (const n of [0, 1]) {
          const one = await (await model).explain(sliceBatch(x, [n]), { method });
          expect(relativeL2(sliceBatch(map, [n]), one.map)).toBeLessThan(1e-5);
        }
      },
    );
  },
);

test.each(["legrad", "attention-rollout"])("%s needs attention", async (method) => {
  const model = await load(readFileSync(file("networks/tiny-silu.legacy.onnx")), { threads: 1 });
  const explained = model.explain(goldenTensor("tiny-silu", "input.npy"), { method });
  await expect(explained).rejects.toThrow(UsageError);
  await expect(explained).rejects.toThrow(`${method} needs attention`);
  await model.dispose();
});
