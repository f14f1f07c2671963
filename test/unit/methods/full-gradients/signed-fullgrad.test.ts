import { explain } from "../../../../src/methods/core/explain.js";
import { expect, it } from "vitest";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { Session } from "../../../../src/runtime/session.js";
import { signedFullgrad } from "../../../../src/methods/full-gradients/signed-fullgrad.js";
import { registry } from "../../../../src/ops/all.js";
import { toNumbers } from "../../../../src/tensor/tensor.js";
import { goldenTensor, network } from "../../../support/networks.js";

it.each(["resnet18", "mobilenet-v2", "tiny-silu"])(
  "the pixels of the map of %s that is not rescaled, and what it leaves out, add up to the score",
  async (name) => {
    const session = new Session(await network(name, "legacy"), registry, ortBackend());
    const x = goldenTensor(name, "input.npy");
    const { map, samples } = await explain(session, x, signedFullgrad, "top", {
      settings: { rescale: "none" },
    });
    const pixels = Array.from(toNumbers(map));
    const area = pixels.length / samples.length;
    for (const [n, { score, terms, completeness }] of samples.entries()) {
      const inMap = pixels.slice(n * area, (n + 1) * area).reduce((p, v) => p + v, 0);
      const leftOut = terms!.filter((t) => !t.unit.spatial).reduce((p, t) => p + t.value, 0);
      expect(Math.abs(inMap + leftOut - score)).toBeLessThan(1e-6 * completeness!.mass);
    }
    await session.dispose();
  },
);
