import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import { encodeModel } from "../../../src/onnx/file/encode.js";
import { exportModel } from "../../../src/onnx/export.js";
import type { GraphProto, ModelProto } from "../../../src/onnx/file/schema.js";
import { registry } from "../../../src/ops/all.js";
import { fromNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";
import { isConstant, type Geometry } from "../laws/case.js";
import { rows } from "../laws/table.js";
import type { Words } from "./mutate-fields.js";

/** A valid model. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
  readonly words: Words;
}

const folder = new URL("../../../fixtures/networks/", import.meta.url);

/** The committed networks up to a size in bytes, smallest first. */
export function networkSeeds(largest: number): Seed[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".onnx"))
    .map((file) => ({ file, bytes: new Uint8Array(readFileSync(new URL(file, folder))) }))
    .filter(({ bytes }) => bytes.length <= largest)
    .sort((p, q) => p.bytes.length - q.bytes.length)
    .map(({ file, bytes }) => seedOf(file, bytes));
}

/** Single-operator models of every operator with a gradient, with the geometry of its laws. */
export function operatorSeeds(each: number): Seed[] {
  return rows.flatMap((row) =>
    fc
      .sample(row.cases, { numRuns: each, seed: 20190502 })
      .map((geometry, i) =>
        seedOf(`${row.op} ${i}`, encodeModel(exportModel(operatorGraph(row.op, geometry)))),
      ),
  );
}

function operatorGraph(op: string, geometry: Geometry): Parameters<typeof exportModel>[0] {
  const b = newGraph(geometry.opset ?? Math.max(18, registry.get(op)!.since));
  const values = geometry.inputs.map((operand, i) => {
    if (!operand) return undefined;
    if (!isConstant(operand)) {
      const shape = operand.openBatch ? ["N", ...operand.dims.slice(1)] : operand.dims;
      // The first input is the image, the others are weights.
      if (i === 0) return b.input("x", { dtype: "float32", shape });
      const count = operand.dims.reduce((p, d) => p * d, 1);
      const ramp = Array.from({ length: count }, (_, k) => Math.sin(k));
      return b.constant(fromNumbers("float32", operand.dims, ramp));
    }
    const { dims, constant, dtype = "int64" } = operand;
    return b.constant(fromNumbers(dtype === "float" ? "float32" : dtype, dims, constant));
  });
  const { outputs = 1 } = geometry;
  const ys = b.call(op, values, geometry.attributes, { outputs, hint: "node" });
  return b.build(ys.map((value) => ({ name: value.name, value })));
}

function seedOf(name: string, bytes: Uint8Array): Seed {
  const model = decodeModel(bytes);
  return { name, bytes, model, words: wordsOf(model) };
}

function wordsOf(model: ModelProto): Words {
  const graph: GraphProto = model.graph ?? {};
  const nodes = graph.node ?? [];
  const names = [
    ...nodes.flatMap((n) => [n.name ?? "", ...(n.input ?? []), ...(n.output ?? [])]),
    ...[...(graph.input ?? []), ...(graph.initializer ?? [])].map((v) => v.name ?? ""),
  ];
  const attributes = nodes.flatMap((n) => (n.attribute ?? []).map((a) => a.name ?? ""));
  return {
    names: [...new Set(names)],
    operators: [...registry.all().map((spec) => spec.type), "If", "Loop", "Constant"],
    attributes: [...new Set(["axis", "axes", "pads", ...attributes])],
  };
}
