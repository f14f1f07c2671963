import fc from "fast-check";
import { describe, it } from "vitest";
import type { Backend } from "../../../src/backends/backend.js";
import { registry } from "../../../src/ops/all.js";
import { expandDefinitions } from "../../../src/passes/replacement/expand-definitions.js";
import type { Tensor, Tensors } from "../../../src/tensor/tensor.js";
import { expectSame } from "../../support/compare.js";
import { apply } from "./application.js";
import type { Case } from "./case.js";
import { rows } from "./table.js";

const runs = Number(process.env["FULLGRAD_RUNS"] ?? 10);
const seed = Number(process.env["FULLGRAD_SEED"] ?? 20190502);

/**
 * Two engines give equal results for every operator in float32, forward, backward and bias, over random geometry.
 */
export function enginesAgree(backend: Backend, reference: Backend): void {
  describe(`${backend.name} computes what ${reference.name} does`, () => {
    const sized = rows.filter((row) => row.sizedByRun !== true);
    it.each(sized.map((row) => ({ row, op: row.op })))(
      "$op",
      { timeout: 600_000 },
      async ({ row }) => {
        const cases = fc.record({ geometry: row.cases, seed: fc.noShrink(fc.nat()) });
        const property = fc.asyncProperty(cases, ({ geometry, seed: numbers }) =>
          checkAgreement(backend, reference, { ...geometry, op: row.op, seed: numbers }),
        );
        await fc.assert(property, { numRuns: Math.ceil(runs * (row.effort ?? 1)), seed });
      },
    );
  });
}

async function checkAgreement(backend: Backend, reference: Backend, c: Case): Promise<void> {
  const { graph: given, inputs, covectors } = apply(c, "float32");
  // A separate law compares definitions with kernels.
  const graph = expandDefinitions(given, registry, () => true);
  const feeds = new Map<string, Tensor>(covectors);
  for (const { name, value } of inputs.values()) feeds.set(name, value);
  const run = async (engine: Backend): Promise<Tensors> => {
    const executable = await engine.compile(graph);
    try {
      return await executable.run(feeds);
    } finally {
      await executable.dispose();
    }
  };
  const [actual, expected] = [await run(backend), await run(reference)];
  for (const { name } of graph.outputs) {
    expectSame(name, actual.get(name)!, expected.get(name)!, 1e-5);
  }
}
