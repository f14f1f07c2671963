import { describe, expect, it } from "vitest";
import type { Backend } from "../../../src/backends/backend.js";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import { encodeModel } from "../../../src/onnx/file/encode.js";
import { exportModel } from "../../../src/onnx/export.js";
import { importModel } from "../../../src/onnx/import/import.js";
import { registry } from "../../../src/ops/all.js";
import { prepare } from "../../../src/passes/prepare.js";
import { workingOpset } from "../../../src/passes/upgrade-opset.js";
import { sizeOf, type Dim } from "../../../src/tensor/shape.js";
import { float32, type Tensor, type Tensors } from "../../../src/tensor/tensor.js";
import { relativeMaximum } from "../../support/compare.js";
import { bind, emptyGraph } from "../../support/graphs.js";
import { Random } from "../../support/random.js";
import { oldLayers } from "./old-layers.js";
import type { OldNode } from "./old-node.js";
import { oldShapes } from "./old-shapes.js";

/** Runs the bytes of a model just as they are. */
export type RunModel = (bytes: Uint8Array, feeds: Tensors) => Promise<Tensors>;

/**
 * Models of old operator sets compute the same after they were rewritten for {@link workingOpset}.
 *
 * @param reference an engine that knows the old operator sets itself
 */
export function oldModelsMeanTheSame(backend: Backend, reference: RunModel): void {
  describe(`a model of an old operator set, rewritten, on ${backend.name}`, () => {
    const rows = [...oldShapes, ...oldLayers].flatMap((node) =>
      node.opsets.map((opset) => ({ ...node, opset })),
    );
    it.each(rows)("computes the same: $op $opset, $name", async (row) => {
      const dims = row.dims ?? [2, 3, 4, 5];
      const feeds = new Map([["x", float32(dims, new Random(1).many(sizeOf(dims), -2, 2))]]);
      for (const batch of [dims[0]!, "N"]) {
        const bytes = modelOf(row, row.opset, [batch, ...dims.slice(1)]);
        const expected = await reference(bytes, feeds);

        const graph = prepare(await importModel(decodeModel(bytes)), registry);
        expect(graph.opsets.get("")).toBe(workingOpset);
        const executable = await backend.compile(graph);
        const actual = await executable.run(feeds);
        await executable.dispose();
        for (const [name, value] of expected) {
          const { shape } = graph.facts.get(name)!;
          const bound = shape.map((d, i) => bind(d, { N: dims[0]! }) ?? value.dims[i]);
          expect(bound).toEqual(value.dims);
          expect(actual.get(name)!.dims).toEqual(value.dims);
          expect(relativeMaximum(actual.get(name)!, value)).toBeLessThan(1e-6);
        }
      }
    });
  });
}

/** The file of one node of an old operator set. It does not say what shape the outputs have. */
function modelOf(node: OldNode, opset: number, shape: readonly Dim[]): Uint8Array {
  const outputs = Array.from({ length: node.outputs ?? 1 }, (_, i) => `y${i}`);
  const given = (node.constants ?? []).map((t, i): [string, Tensor | undefined] => [`c${i}`, t]);
  const x = { name: "x", fact: { dtype: "float32", shape } } as const;
  const model = exportModel({
    ...emptyGraph(opset),
    inputs: [x],
    constants: new Map(given.flatMap(([name, t]) => (t ? [[name, t]] : []))),
    nodes: [
      {
        name: "node",
        op: node.op,
        domain: "",
        inputs: ["x", ...given.map(([name, t]) => (t ? name : ""))],
        outputs,
        attributes: node.attributes ?? {},
      },
    ],
  });
  const output = outputs.map((name) => ({
    name,
    type: { tensorType: { elemType: node.integer ? 7 : 1 } },
  }));
  return encodeModel({ ...model, graph: { ...model.graph, output } });
}
