import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.js";
import { float32 } from "../../src/tensor/tensor.js";
import { bind, withAllOutputs } from "../support/graphs.js";
import { exporters, network, networkNames } from "../support/networks.js";
import { Random } from "../support/random.js";

/** The inferred facts of every value of a network with an open batch hold for each batch size. */
export function dimensionsHold(backend: Backend): void {
  const files = networkNames.flatMap((name) => exporters.map((exporter) => ({ name, exporter })));
  describe(`facts of an open batch are what ${backend.name} computes`, () => {
    it.each(files)("$name by the $exporter exporter", async ({ name, exporter }) => {
      const graph = withAllOutputs(await network(name, exporter));
      const { name: input, fact } = graph.inputs[0]!;
      const [batch, ...image] = fact.shape as [string, ...number[]];
      expect(typeof batch).toBe("string");
      const executable = await backend.compile(graph);
      for (const n of [1, 3]) {
        const dims = [n, ...image];
        const count = dims.reduce((p, d) => p * d, 1);
        const x = float32(dims, new Random(n).many(count, -1, 1));
        const results = await executable.run(new Map([[input, x]]));
        for (const output of graph.outputs) {
          const actual = results.get(output.name)!;
          const expected = output.fact.shape.map((d) => bind(d, { [batch]: n }));
          expect(actual.dims, `${output.name} of a batch of ${n}`).toEqual(expected);
          expect(actual.dtype).toBe(output.fact.dtype);
        }
      }
      await executable.dispose();
    });
  });
}
