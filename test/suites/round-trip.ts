import { explain } from "../../src/methods/core/explain.js";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.js";
import { Session } from "../../src/runtime/session.js";
import { fullgrad } from "../../src/methods/full-gradients/fullgrad.js";
import { decodeModel } from "../../src/onnx/file/decode.js";
import { writeModel } from "../../src/onnx/export.js";
import { importModel } from "../../src/onnx/import/import.js";
import { registry } from "../../src/ops/all.js";
import { inferShapes } from "../../src/passes/infer-shapes.js";
import { bytesOf, type Tensor } from "../../src/tensor/tensor.js";
import { exporters, goldenTensor, network, networkNames } from "../support/networks.js";

/** An engine that receives every graph through a file: written, read and imported again. */
export function roundTrip(engine: Backend): Backend {
  return {
    name: `${engine.name} by way of a file`,
    compile: async (graph) => engine.compile(await importModel(decodeModel(writeModel(graph)))),
  };
}

/** A graph that passed through a file gives bitwise equal results and has the same facts. */
export function filesLoseNothing(backend: Backend): void {
  const files = networkNames.flatMap((name) => exporters.map((exporter) => ({ name, exporter })));
  describe("a graph written to a file and read again", () => {
    it.each(networkNames)("gives the same explanation: %s", async (name) => {
      const graph = await network(name, "dynamo");
      const x = goldenTensor(name, "input.npy");
      const explained = async (engine: Backend): Promise<readonly Tensor[]> => {
        const session = new Session(graph, registry, engine);
        const { map, output } = await explain(session, x, fullgrad, "top");
        await session.dispose();
        return [map, output];
      };
      const direct = await explained(backend);
      const again = await explained(roundTrip(backend));
      expect(again.map(bytesOf)).toEqual(direct.map(bytesOf));
    });

    it.each(files)("has the same facts: $name, $exporter", async ({ name, exporter }) => {
      const graph = await network(name, exporter);
      const read = await importModel(decodeModel(writeModel(graph)));
      expect(inferShapes(read, registry).facts).toEqual(graph.facts);
    });
  });
}
