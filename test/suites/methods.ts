import { explain } from "../../src/methods/core/explain.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.js";
import { sliceBatch } from "../../src/tensor/batches.js";
import type { SessionExplanation } from "../../src/methods/core/explanation.js";
import { Session } from "../../src/runtime/session.js";
import { findMethod } from "../../src/methods/all.js";
import { registry } from "../../src/ops/all.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { relativeL2 } from "../support/compare.js";
import {
  askedOf,
  expectedOf,
  methodCases,
  settingsOf,
  type MethodCase,
} from "../support/method-cases.js";
import { exporters, goldenTensor, network, type Exporter } from "../support/networks.js";

/** Every method agrees with captum, SciPy or its formula in PyTorch, in float64 with the same random numbers. */
export function methodsAgreeWithOthers(backend: Backend): void {
  for (const name of new Set(methodCases.map((c) => c.network))) {
    for (const exporter of exporters) {
      describe(`${name} by the ${exporter} exporter on ${backend.name}`, () => {
        agreesWithOthers(backend, name, exporter);
      });
    }
  }
}

/** Runs a case in a session; a batch of 4 splits the 6 samples of a sampling method. */
export function explainCase(
  session: Session,
  x: Tensor,
  c: MethodCase,
  exporter: Exporter,
): Promise<SessionExplanation> {
  const settings = settingsOf(c, exporter);
  return explain(session, x, findMethod(c.method), askedOf(c), { settings, batch: 4 });
}

function agreesWithOthers(backend: Backend, name: string, exporter: Exporter): void {
  const x = sliceBatch(goldenTensor(name, "input.npy"), [0]);
  let session: Session;
  beforeAll(async () => {
    session = new Session(await network(name, exporter), registry, backend);
  });
  afterAll(() => session.dispose());

  const cases = methodCases.filter((c) => c.network === name);
  it.each(cases.map((c) => [c.file.split("/")[1]!.replace(".npy", ""), c.by, c] as const))(
    "%s agrees with %s",
    async (_case, _by, c) => {
      const found = await explainCase(session, x, c, exporter);
      expect(relativeL2(found[c.what]!, expectedOf(c))).toBeLessThan(toleranceOf(c));
      if (c.score === undefined) return;
      const [sample] = found.samples;
      expect(sample!.score).toBeCloseTo(c.score, 4);
      // Every quantity has a decomposition, whether or not the method computes it.
      const [decomposed] = await session.verify(x, askedOf(c));
      expect(decomposed!.score).toBeCloseTo(c.score, 4);
      expect(decomposed!.completeness.conditioned).toBeLessThan(1e-6);
    },
  );
}

/** The difference of nearly equal scores loses digits; here its scale is a hundredth. */
const toleranceOf = ({ method }: MethodCase): number =>
  ["ablation-cam", "occlusion"].includes(method) ? 1e-4 : 1e-5;
