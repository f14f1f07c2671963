import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.js";
import { load } from "../../src/index.js";
import { relativeL2 } from "../support/compare.js";
import { efficientNet, fixture } from "../end-to-end/cli-harness.js";

/** A complete network with its published weights gives the same class and map on both engines. */
export function photographIsExplainedAlike(backend: Backend, reference: Backend): void {
  describe(`EfficientNet-lite0 and the cat, on ${backend.name} and ${reference.name}`, () => {
    it("has the same class, the same FullGrad map, and adds up", async () => {
      const explained = [];
      for (const each of [backend, reference]) {
        const model = await load(efficientNet, { backend: each });
        const x = await model.preprocess(fixture("images", "chelsea.png"));
        explained.push(await model.explain(x));
        await model.dispose();
      }
      const [found, expected] = explained;
      expect([281, 282, 285]).toContain(expected!.target);
      expect(found!.target).toBe(expected!.target);
      expect(found!.score).toBeCloseTo(expected!.score, 4);
      expect(found!.completeness.conditioned).toBeLessThan(1e-6);
      expect(relativeL2(found!.map, expected!.map)).toBeLessThan(1e-3);
    });
  });
}
